import type { IncomingMessage, ServerResponse } from "node:http";
import { answerAs } from "./answer.ts";
import type { FakeAnswer, FakeBehaviour, FakeDocument } from "./behaviour.ts";
import { findDocument, isMoved, movePath, type Paths } from "./documents.ts";
import type { FakeRequest } from "./issuer.ts";

/** The parts of a fake issuer that its servers need. */
export interface Site {
  readonly origin: string;
  /** The origin at which its documents are always correct, whatever it does at its own origin. */
  readonly otherOrigin: string;
  readonly paths: Paths;
  readonly headers: Readonly<Record<string, string>>;
  readonly now: () => number;
  /** Writes the current form of a document, or that of another issuer. */
  write(document: FakeDocument, isWrong: boolean): string;
  findBehaviour(document: FakeDocument): FakeAnswer | FakeBehaviour;
  /** Records a request. */
  note(request: FakeRequest): void;
}

const JSON_TYPE = { "content-type": "application/json" };
const AGAIN = /^again=(\d+)$/;

/** Creates the function that answers the requests to one of the two origins. */
export function createHandler(
  site: Site,
  origin: string,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const { method = "", url = "", headers } = request;
    const [path = "", query = ""] = url.split("?", 2);
    const document = findDocument(site.paths, path);
    site.note({ document, method, url: `${origin}${url}`, headers: { ...headers }, at: site.now() });
    if (document === null) return answerStatus(response, 404);
    if (method !== "GET" && method !== "HEAD") return answerStatus(response, 405);
    const behaviour = origin === site.origin ? site.findBehaviour(document) : {};
    void answerAs(behaviour, {
      request,
      response,
      text: site.write(document, false),
      wrongText: site.write(document, true),
      headers: { ...JSON_TYPE, ...site.headers },
      location: locate(behaviour, site, path, query),
    });
  };
}

function answerStatus(response: ServerResponse, status: number): void {
  response.writeHead(status, JSON_TYPE).end('{"error":"not here"}');
}

/** Finds the target of a redirect; `null` where there is none to follow. */
function locate(behaviour: unknown, site: Site, path: string, query: string): string | null {
  if (behaviour === "redirect-away") return `${site.otherOrigin}${path}`;
  if (behaviour === "redirect-endlessly") return `${path}?again=${Number(AGAIN.exec(query)?.[1] ?? 0) + 1}`;
  return isMoved(path) ? null : movePath(path);
}
