/** The most bytes that a token has unless a profile says otherwise. Buffers are prepared for as many. */
export const USUAL_MAX_BYTES = 8_192;
