/** A password hash, where a test needs one and compares no password with it. */
export const HASH = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$uJbWPzk5RXJgKNwPXQPCGF6OdGnvMcF8fC0zYTTBvB4";
