# How workerd serves the bundle. On Cloudflare, wrangler does the same from wrangler.toml.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    # "private" too: the runtime is on this machine.
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  # The address comes with --socket-addr.
  sockets = [(name = "http", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "dist/worker.js")],
  compatibilityDate = "2026-01-01",
  bindings = [
    (name = "RUNCTL_API_KEY", fromEnvironment = "RUNCTL_API_KEY"),
    (name = "RUNCTL_BASE_URL", fromEnvironment = "RUNCTL_BASE_URL"),
  ],
);
