import { library } from "../../tools/tsup.ts";

export default library(
  {
    index: "src/index.ts",
    config: "src/config.ts",
    model: "src/model.ts",
    terminal: "src/terminal.ts",
    main: "src/main.ts",
  },
  { platform: "node" },
);
