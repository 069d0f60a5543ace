// The worker: the same module as the page's, with its other entry point. Messages that come while the module loads
// would be lost, because nobody listens yet; they are kept and handed over in order.
import init, { start_worker } from "./towpath_app.js";

const early = [];
const keep = (event) => early.push(event);
self.addEventListener("message", keep);
await init({ module_or_path: new URL("./towpath_app_bg.wasm", import.meta.url) });
self.removeEventListener("message", keep);
start_worker();
for (const event of early) self.dispatchEvent(new MessageEvent("message", { data: event.data }));
