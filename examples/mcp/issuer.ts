import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { type Blocklist, defineToken, generateKey, importKey, isAuthError, issueToken, verifyToken } from "hallpass";
import { jwks } from "hallpass/express";
import { HOST, PORT } from "../shared/start.ts";
import { SCOPES } from "./tools.ts";

/** The only client, with the header by which it authenticates (RFC 6749 §2.3.1). */
const CLIENT = { id: "demo", authorization: `Basic ${Buffer.from("demo:secret of the demo").toString("base64")}` };

/** Starts a stand-in for Keycloak, Auth0 or a login service of your own, and gives its issuer name. */
export async function startIssuer(resources: readonly string[], blocklist: Blocklist): Promise<string> {
  const server = createServer();
  await once(server.listen(PORT === 0 ? 0 : PORT + 1, HOST), "listening");
  const issuer = `http://${HOST}:${(server.address() as AddressInfo).port}`;
  const key = await importKey(await generateKey("ES256"));

  // A profile for each resource: a token is for one, and no client can ask for another (RFC 8707 §2).
  const requiredClaims = ["sub", "client_id", "jti"]; // RFC 9068 §2.2
  const makeProfile = (audience: string) => defineToken({ keys: key, issuer, audience, requiredClaims });
  const profiles = new Map<unknown, ReturnType<typeof makeProfile>>(resources.map((it) => [it, makeProfile(it)]));

  const app = express();
  app.get("/.well-known/jwks.json", jwks(key));
  app.get("/.well-known/oauth-authorization-server", (_req, res) => {
    res.json({
      issuer,
      authorization_endpoint: `${issuer}/authorize`, // It has none, but the SDK's client requires a name.
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      scopes_supported: SCOPES,
      response_types_supported: [],
      grant_types_supported: ["client_credentials"],
      token_endpoint_auth_methods_supported: ["client_secret_basic"],
    });
  });
  app.use(express.urlencoded({ limit: "16kb" }), (req, res, next) => {
    if (req.headers.authorization === CLIENT.authorization) return next();
    res.status(401).set("WWW-Authenticate", 'Basic realm="issuer"').json({ error: "invalid_client" });
  });
  app.post("/token", async (req, res) => {
    const { resource, scope = "notes:read" } = req.body ?? {};
    const profile = profiles.get(resource);
    const asked = String(scope).split(" ");
    if (profile === undefined) return void res.status(400).json({ error: "invalid_target" });
    if (!asked.every((it) => SCOPES.includes(it))) return void res.status(400).json({ error: "invalid_scope" });
    const claims = { sub: CLIENT.id, client_id: CLIENT.id, scope: asked.join(" ") };
    const token = { access_token: await issueToken(claims, profile), token_type: "Bearer" };
    res.set("Cache-Control", "no-store").json({ ...token, expires_in: profile.expiresIn, scope: claims.scope });
  });
  app.post("/revoke", async (req, res) => {
    for (const profile of profiles.values()) {
      try {
        const { jti, exp, sub } = await verifyToken(req.body?.token, profile);
        await blocklist.revokeToken(String(jti), new Date(exp * 1_000), String(sub));
      } catch (error) {
        if (!isAuthError(error)) throw error; // It is no good token of this profile: there is nothing to revoke.
      }
    }
    res.status(200).end();
  });
  server.on("request", app);
  return issuer;
}
