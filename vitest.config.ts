import { defineConfig, type ViteUserConfig } from "vitest/config";

/** Tests run on sources: the `@plumbline/source` condition makes a build unnecessary. */
const fromSource: ViteUserConfig = {
  resolve: { conditions: ["@plumbline/source"] },
  ssr: { resolve: { conditions: ["@plumbline/source"] } },
};

/** Tests that start programs of their own: two at once, whatever the machine. */
const twoAtOnce = { fileParallelism: false, maxConcurrency: 2 };

const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      {
        ...fromSource,
        test: {
          name: "unit",
          include: [
            "packages/*/src/**/*.test.ts",
            "apps/*/src/**/*.test.ts",
            "tests/**/*.test.{ts,mjs}",
            "tools/**/*.test.mjs",
          ],
          exclude: ["tests/snippets/run/**", "tests/packaging/**", "**/node_modules/**"],
          testTimeout: 60_000,
          pool: "forks",
        },
      },
      {
        test: {
          ...twoAtOnce,
          name: "snippets",
          include: ["tests/snippets/run/*.test.mjs"],
          testTimeout: 120_000,
        },
      },
      {
        test: {
          ...twoAtOnce,
          name: "packaging",
          include: ["tests/packaging/*.test.mjs"],
          globalSetup: "tests/packaging/global-setup.mjs",
          testTimeout: 120_000,
        },
      },
    ],
  },
});

export default config;
