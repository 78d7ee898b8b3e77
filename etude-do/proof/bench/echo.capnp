# The echo on workerd, with the same services and storage as the session service.

using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "echo", worker = .echo),
    (name = "storage", disk = (writable = true)),
    (name = "assets", disk = (writable = false)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:8787", http = (), service = "echo")],
);

const echo :Workerd.Worker = (
  modules = [(name = "echo.js", esModule = embed "echo.js")],
  compatibilityDate = "2026-11-01",
  bindings = [(name = "SESSION", durableObjectNamespace = "SessionObject")],
  durableObjectNamespaces = [
    (className = "SessionObject", uniqueKey = "echo-session", enableSql = true),
    (className = "StudioObject", uniqueKey = "echo-studio", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "storage"),
);
