/** A value that survives a round trip through JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A JSON object: configurations and the descriptions stored beside data are of this type. */
export type JsonObject = { readonly [key: string]: Json };
