declare module "vitest" {
  interface ProvidedContext {
    /** path of the tarball by full package name */
    tarballs: Record<string, string>;
    /** folder where that package and its README's company are installed, by full package name */
    consumers: Record<string, string>;
  }
}

export {};
