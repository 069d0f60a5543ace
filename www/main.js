// Loads the app into the page. No inline script: the Content-Security-Policy allows files of this origin only.
import init, { start_page } from "./towpath_app.js";

await init({ module_or_path: new URL("./towpath_app_bg.wasm", import.meta.url) });
start_page();
