# The service on a machine of one's own, with its SQLite files on disk:
#
#   ETUDE_KEY=... workerd serve workerd.capnp --socket-addr=http=127.0.0.1:8787 \
#     --directory-path=storage=/var/lib/etude \
#     --directory-path=assets=web/dist
#
# Put a proxy that speaks TLS in front of it. `cargo xtask demo` and the tests run it from this file too.

using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "etude", worker = .etude),
    (name = "storage", disk = (writable = true)),
    # The score page: the folder that `web/` is built into, or an empty one.
    (name = "assets", disk = (writable = false)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:8787", http = (), service = "etude")],
);

const etude :Workerd.Worker = (
  modules = [
    (name = "index.js", esModule = embed "build/index.js"),
    (name = "index_bg.wasm", wasm = embed "build/index_bg.wasm"),
  ],
  # Keep it equal to the one in wrangler.toml.
  compatibilityDate = "2026-11-01",
  bindings = [
    (name = "ETUDE_KEY", fromEnvironment = "ETUDE_KEY"),
    (name = "ETUDE_KEY_PREVIOUS", fromEnvironment = "ETUDE_KEY_PREVIOUS"),
    (name = "ETUDE_ORIGINS", fromEnvironment = "ETUDE_ORIGINS"),
    (name = "ETUDE_IDLE_SECONDS", fromEnvironment = "ETUDE_IDLE_SECONDS"),
    (name = "ETUDE_KEEP_SECONDS", fromEnvironment = "ETUDE_KEEP_SECONDS"),
    (name = "ETUDE_UPLOADS_PER_MINUTE", fromEnvironment = "ETUDE_UPLOADS_PER_MINUTE"),
    (name = "ETUDE_OPENS_PER_MINUTE", fromEnvironment = "ETUDE_OPENS_PER_MINUTE"),
    (name = "ETUDE_CONNECTS_PER_MINUTE", fromEnvironment = "ETUDE_CONNECTS_PER_MINUTE"),
    (name = "ETUDE_BYTES_PER_SECOND", fromEnvironment = "ETUDE_BYTES_PER_SECOND"),
    (name = "ASSETS", service = "assets"),
    (name = "SESSION", durableObjectNamespace = "SessionObject"),
    (name = "STUDIO", durableObjectNamespace = "StudioObject"),
  ],
  # The unique keys name the folders of the SQLite files: another key, another service with no data.
  durableObjectNamespaces = [
    (className = "SessionObject", uniqueKey = "etude-session", enableSql = true),
    (className = "StudioObject", uniqueKey = "etude-studio", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "storage"),
);
