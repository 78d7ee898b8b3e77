// Keeps what is named by its content (/assets/) for ever, and the page itself for when there is no network. Nothing of
// the service's interface passes through here.

const KEPT = "etude-1";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin || url.pathname.startsWith("/v1/")) {
    return;
  }
  if (url.pathname.startsWith("/assets/")) {
    event.respondWith(keptFirst(request));
  } else if (request.mode === "navigate") {
    event.respondWith(networkFirst("/"));
  }
});

async function keptFirst(request) {
  const cache = await caches.open(KEPT);
  const kept = await cache.match(request);
  if (kept) {
    return kept;
  }
  const response = await fetch(request);
  if (response.ok) {
    await cache.put(request, response.clone());
  }
  return response;
}

async function networkFirst(page) {
  const cache = await caches.open(KEPT);
  try {
    const response = await fetch(page);
    if (response.ok) {
      await forgetOthers(cache, await response.clone().text());
      await cache.put(page, response.clone());
    }
    return response;
  } catch (error) {
    const kept = await cache.match(page);
    if (kept) {
      return kept;
    }
    throw error;
  }
}

/** When the page is another, what belonged to the one before goes: its files have other names. */
async function forgetOthers(cache, text) {
  const before = await cache.match("/");
  if (before && (await before.text()) !== text) {
    const requests = await cache.keys();
    await Promise.all(requests.map((request) => cache.delete(request)));
  }
}
