/** What is said where Argon2's addon can't be loaded, on any platform. */
export const MISSING: RegExp =
  /^passwords can't be hashed: .* for \w+-\w+(-glibc|-musl)? can't be loaded.*--omit=optional.*--allow-addons/;
