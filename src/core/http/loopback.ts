const LOOPBACK = /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])$/;

/** Tells whether a host, as a URL writes it, is the machine itself (W3C Secure Contexts §3.1). */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname);
}

/** Tells whether a request to a URL is safe from readers on the network: it uses https, or stays on the machine. */
export function isSecureUrl({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
}
