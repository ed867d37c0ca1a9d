import { jwtVerify } from "jose";
import { type Contender, compete, type Work } from "../measure/compete.ts";
import type { Effort } from "../measure/effort.ts";
import type { Figure } from "../measure/figure.ts";
import { bareSign } from "../peers/floor.ts";
import { type Issuer, issuersOf } from "../peers/issuers.ts";
import { ALGORITHMS, type Keys, makeKeys } from "../peers/keys.ts";
import { claimsOf, issueTokens } from "../peers/tokens.ts";
import { AUDIENCE, ISSUER } from "../servers/profile.ts";

type Claims = ReturnType<typeof claimsOf>;

/** Issuing tokens, one at a time. */
export async function issue(effort: Effort): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const algorithm of ALGORITHMS) {
    const keys = await makeKeys(algorithm);
    for (const issuer of issuersOf(keys)) await checkWork(issuer, keys);
    const contenders = [await floor(keys), ...issuersOf(keys).map(contender)];
    let user = 0;
    const supply = { next: () => claimsOf(user++) };
    figures.push(...(await compete(effort, { suite: "issue", workload: algorithm }, supply, contenders)));
  }
  return figures;
}

function contender({ name, issue, isAsync }: Issuer): Contender<Claims> {
  const asked: Work<Claims> = async (batch) => {
    for (const claims of batch) await issue(claims);
  };
  const called: Work<Claims> = (batch) => {
    for (const claims of batch) issue(claims);
  };
  return { name, begin: () => (isAsync ? asked : called) };
}

async function floor(keys: Keys): Promise<Contender<Claims>> {
  const sign = bareSign(keys);
  const [token = ""] = await issueTokens(keys, 1);
  const input = Buffer.from(token.slice(0, token.lastIndexOf(".")));
  const work: Work<Claims> = (batch) => {
    for (const _ of batch) sign(input);
  };
  return { name: "the bare operation", begin: () => work };
}

/** A contender that leaves something out is none. */
async function checkWork({ name, issue }: Issuer, { algorithm, joseVerify }: Keys): Promise<void> {
  const claims = claimsOf(1);
  const demands = {
    algorithms: [algorithm],
    issuer: ISSUER,
    audience: AUDIENCE,
    requiredClaims: ["iat", "exp", "jti"],
  };
  const { payload } = await jwtVerify(await issue(claims), joseVerify, demands);
  for (const [claim, value] of Object.entries(claims)) {
    if (payload[claim] !== value) throw new Error(`${name} left out ${claim}`);
  }
}
