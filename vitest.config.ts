import { defineConfig, type ViteUserConfig } from "vitest/config";

/** Tests run on sources: the `@plumbline/source` condition makes a build unnecessary. */
const config: ViteUserConfig = defineConfig({
  resolve: { conditions: ["@plumbline/source"] },
  ssr: { resolve: { conditions: ["@plumbline/source"] } },
  test: {
    include: [
      "packages/*/src/**/*.test.ts",
      "apps/*/src/**/*.test.ts",
      "tests/**/*.test.ts",
      "tools/**/*.test.ts",
    ],
    testTimeout: 60_000,
    pool: "forks",
  },
});

export default config;
