import { defineConfig } from "vitest/config"

// Two projects, so that what needs no server can be run alone and at once:
//   unit  pure structures, programs on the in-memory layers, the rules of this tree
//   live  the same contracts and the failure drills against real servers, which one global setup starts
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["packages/*/test/**/*.test.ts", "examples/**/*.test.ts", "scripts/**/*.test.ts"],
          exclude: ["**/*.live.test.ts", "**/node_modules/**"],
        },
      },
      {
        test: {
          name: "live",
          include: ["packages/*/test/**/*.live.test.ts"],
          globalSetup: ["packages/testing/src/globalSetup.ts"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          // A machine that stood still fails a drill with real servers and real time. What passes only when it is tried
          // again is named at the end of the run.
          retry: 1,
        },
      },
    ],
  },
})
