import express from "express";
import express4 from "express4";
import { expect, it } from "vitest";
import * as expressAdapter from "../../../src/adapters/express.ts";
import { houseOf, READER } from "../../support/flow.ts";
import { exchange } from "../exchange.ts";
import { listening } from "../serve.ts";

it.each([
  ["5", express],
  ["4", express4],
])("Express %s is told where something else has answered already", async (_version, framework) => {
  const { auth } = houseOf();
  const errors: unknown[] = [];
  const app = (framework as typeof express)();
  app.post("/login", express.json(), (_req, res, next) => {
    res.end("too early");
    next();
  });
  app.post("/login", expressAdapter.login(auth));
  app.use(((error, _req, _res, _next) => void errors.push(error)) as express.ErrorRequestHandler);
  const server = await listening(app.listen(0, "127.0.0.1"));
  const headers = ["Content-Type", "application/json"];
  const answer = await exchange(server, { method: "POST", path: "/login", headers, body: JSON.stringify(READER) });
  expect(answer.body).toBe("too early");
  await expect.poll(() => errors).toMatchObject([{ code: "ERR_HTTP_HEADERS_SENT" }]);
  server.close();
});
