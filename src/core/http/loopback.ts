const LOOPBACK = /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])$/;

/** Tells whether a host, as a URL writes it, is the machine itself (W3C Secure Contexts §3.1). */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname);
}

/** Tells whether nobody on the network can read a request to a URL: it uses https, or stays on the machine. */
export function isSecureUrl({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
}
