/** Who logs in, all the time. */
export const CREDENTIALS = { login: "reader@example.com", password: "correct horse battery staple" };
