// The shop: one page an address, put together from the catalogue. Each view tells the SDK what the world's own events tell.
import { forget, identify, page, sdk, track } from "/track.js";
import { words } from "/words.js";

// Nobody waits longer at the door because the collector is slow; the event leaves all the same.
const PATIENCE_MS = 1000;

const main = document.querySelector("main");
const query = new URLSearchParams(location.search);
const kept = (name, none) => JSON.parse(localStorage.getItem(`shop:${name}`)) ?? none;
const keep = (name, value) => localStorage.setItem(`shop:${name}`, JSON.stringify(value));

/** Make an element. Texts become text, never markup. */
function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== undefined && child !== false));
  return made;
}

let w = words.en;
let shop, land, country;

const address = (path, values) => {
  const search = new URLSearchParams(Object.entries(values).filter(([, value]) => value));
  return search.size ? `${path}?${search}` : path;
};
const money = (value) =>
  new Intl.NumberFormat(land.locale, { style: "currency", currency: land.currency, minimumFractionDigits: land.places }).format(value);
const kindOf = (name) => shop.categories.find((each) => each.name === name)?.[land.language] ?? name;
const productOf = (id) => land.products.find((each) => each.product_id === id);
const say = (text) => main.querySelector("[role=status]")?.replaceChildren(text);
const status = () => el("p", { role: "status", class: "soft" });

function tile(product, size) {
  const model = product.name.slice(product.brand.length + 1).split(" ")[0];
  return el("span", { class: "tile", "aria-hidden": true }, model, el("small", {}, size ? product.brand : kindOf(product.category)));
}

function goods(products, list) {
  const items = products.map((product, place) =>
    el("li", {}, el("a", {
      href: address("/product", { id: product.product_id }),
      // the page is left at once: this one has to get out all the same
      onclick: () => track("Product Clicked", { ...product, list, position: place + 1 }),
    }, tile(product), el("b", {}, product.name), el("span", { class: "price" }, money(product.price)))));
  return el("ul", { class: "goods" }, items);
}

function kinds(chosen) {
  const all = shop.categories.map((each) =>
    el("a", { href: address("/list", { category: each.name }), "aria-current": each.name === chosen }, each[land.language]));
  return el("nav", { class: "kinds", "aria-label": w.kind }, all);
}

const pages = {
  "/": () => {
    page("Home", { path: `/${land.language}/`, country, language: land.language });
    const shown = shop.categories.map((_, number) => land.products[number * 16 + (number % 4)]);
    main.append(el("h1", {}, w.title), el("p", { class: "soft" }, w.intro), kinds(), el("h2", {}, w.popular),
      goods(shown, w.popular), newsletter());
  },

  "/list": () => {
    const [category, brand, band] = ["category", "brand", "band"].map((name) => query.get(name) ?? "");
    const found = land.products.filter((each) =>
      (!category || each.category === category) && (!brand || each.brand === brand) && (!band || each.price_band === band));
    const list = category ? kindOf(category) : w.all;
    track("Product List Viewed", { path: `/${land.language}/${category}`, category, list, country,
      ...(brand && { brand }), ...(band && { price_band: band }) });
    const choose = (name, options, chosen, label) => el("nav", { class: "bands", "aria-label": label },
      ["", ...options].map((one) => el("a", { href: address("/list", { category, brand, band, [name]: one }), "aria-current": one === chosen },
        one ? (w[one] ?? one) : `${label}: ${w.all}`)));
    main.append(el("h1", {}, list), kinds(category), choose("brand", shop.brands, brand, w.brand), choose("band", shop.bands, band, w.band),
      el("p", { class: "soft" }, found.length ? w.results(found.length) : w.nothing), goods(found, list));
  },

  "/search": () => {
    const asked = (query.get("q") ?? "").trim();
    const small = asked.toLowerCase();
    const found = small ? land.products.filter((each) =>
      [each.name, each.brand, each.category, kindOf(each.category)].some((text) => text.toLowerCase().includes(small))) : [];
    if (asked) track("Products Searched", { query: asked, ...(found[0] && { category: found[0].category }), country });
    main.append(el("h1", {}, asked || w.find), el("p", { class: "soft" }, found.length ? w.results(found.length) : w.nothing), goods(found, asked));
  },

  "/product": () => {
    const product = productOf(query.get("id"));
    if (!product) return pages["/search"]();
    track("Product Viewed", product);
    const put = () => {
      const cart = kept("cart", {});
      cart[product.product_id] = (cart[product.product_id] ?? 0) + 1;
      keep("cart", cart);
      track("Product Added", product);
      header();
      say(w.added);
    };
    const fact = (name, value) => [el("dt", {}, name), el("dd", {}, value)];
    main.append(el("div", { class: "product" }, tile(product, true), el("div", {},
      el("h1", {}, product.name), el("p", { class: "price" }, money(product.price)),
      el("dl", {}, fact(w.brand, product.brand), fact(w.kind, kindOf(product.category)), fact(w.band, w[product.price_band]), fact(w.number, product.product_id)),
      el("div", { class: "row" }, el("button", { onclick: put, "data-act": "add" }, w.add), el("a", { href: "/cart" }, w.toCart)), status())));
  },

  "/cart": () => {
    const cart = kept("cart", {});
    const lines = Object.entries(cart).map(([id, quantity]) => ({ product: productOf(id), quantity })).filter((line) => line.product);
    main.append(el("h1", {}, w.cart));
    if (!lines.length) return main.append(el("p", { class: "soft" }, w.emptyCart), el("a", { href: "/list" }, w.look));
    const take = (product) => {
      const { [product.product_id]: _, ...rest } = cart;
      keep("cart", rest);
      track("Product Removed", product);
      location.reload();
    };
    const total = lines.reduce((sum, line) => sum + line.product.price * line.quantity, 0);
    main.append(el("table", {}, el("thead", {}, el("tr", {}, el("th", {}, w.kind), el("th", { class: "number" }, w.quantity), el("th", { class: "number" }, w.price), el("th"))),
      el("tbody", {}, lines.map(({ product, quantity }) => el("tr", {},
        el("td", {}, el("a", { href: address("/product", { id: product.product_id }) }, product.name)), el("td", { class: "number" }, String(quantity)),
        el("td", { class: "number" }, money(product.price * quantity)),
        el("td", { class: "number" }, el("button", { class: "plain", onclick: () => take(product), "aria-label": `${w.remove}: ${product.name}` }, w.remove)))),
      el("tr", {}, el("th", {}, w.total), el("td"), el("td", { class: "number price" }, money(total)), el("td")))));
    checkout(lines);
  },

  "/account": () => {
    const me = kept("me", null);
    if (me) return account(me);
    main.append(el("h1", {}, w.account));
    const known = Object.values(shop.countries).flatMap((each) => each.people);
    const form = el("form", { class: "row", onsubmit: (event) => { event.preventDefault(); logIn(new FormData(event.target).get("email")); } },
      el("label", { class: "visually-hidden", for: "email" }, w.email),
      el("input", { id: "email", name: "email", type: "email", required: true, placeholder: w.email, autocomplete: "email" }), el("button", {}, w.logIn));
    main.append(form, status(), el("h2", {}, w.pick), el("ul", { class: "people" }, known.map((person) => el("li", {},
      el("button", { class: "plain", onclick: () => logIn(person.email) }, person.name, el("small", {}, person.email))))), newsletter());
  },

  "/trucks": () => {
    main.append(el("h1", {}, w.trucksTitle), el("p", { class: "soft" }, w.trucksText),
      el("form", { class: "row", onsubmit: (event) => {
        event.preventDefault();
        const truck = new FormData(event.target).get("truck");
        track("Trucks Searched", { truck, country });
        say(w.trucksFound(w[truck]));
      } }, el("label", { class: "visually-hidden", for: "truck" }, w.trucks),
        el("select", { id: "truck", name: "truck" }, shop.trucks.map((each) => el("option", { value: each }, w[each]))), el("button", {}, w.searchTrucks)), status());
  },

  "/safety": () => {
    main.append(el("h1", {}, w.safety), el("p", { class: "soft" }, w.safetyText), el("table", {}, el("tbody", {}, land.articles.map((article) =>
      el("tr", {}, el("td", {}, article.title), el("td", { class: "number" }, el("button", { class: "plain", "aria-label": `${w.read}: ${article.title}`,
        onclick: () => { track("Article Read", article); say(w.readDone); } }, w.read)))))), status());
  },

  "/hooks": async () => {
    const figures = el("p");
    const rows = el("tbody");
    main.append(el("h1", {}, w.hooks), el("p", { class: "soft" }, w.hooksText), figures,
      el("div", { class: "wide" }, el("table", {}, el("thead", {}, el("tr", {}, [w.at, w.what, w.whom, w.answer].map((name) => el("th", {}, name)))), rows)));
    const show = async () => {
      const { taken, refused, newest } = await (await fetch("/hooks.json")).json();
      figures.replaceChildren(newest.length ? `${w.taken}: ${taken} · ${w.refused}: ${refused}` : w.hooksEmpty);
      rows.replaceChildren(...newest.map((each) => el("tr", {},
        el("td", { class: "state", title: new Date(each.at_us / 1000).toISOString() }, new Date(each.at_us / 1000).toLocaleTimeString(land.locale)),
        el("td", {}, `${each.kind} ${each.data.audience ?? ""}`), el("td", {}, each.data.identifiers?.email?.[0] ?? each.data.profile_id ?? "–"),
        el("td", { class: "state" }, each.status === 200 ? `200 ${w.taken}` : `${each.status} ${w.refused}, ${w.noAddress}`))));
    };
    await show();
    setInterval(() => show().catch(() => say(w.lost)), 2000);
  },
};

function checkout(lines) {
  const me = kept("me", null);
  const place = async (event) => {
    event.target.disabled = true;
    try {
      const sold = { user_id: me.user_id, country, lines: lines.map(({ product, quantity }) => ({ product_id: product.product_id, quantity })) };
      const answer = await fetch("/orders", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(sold) });
      if (!answer.ok) throw new Error(String(answer.status));
      const order = await answer.json();
      track("Order Completed", order);
      keep("cart", {});
      main.replaceChildren(el("h1", {}, w.cart), el("p", { class: "note", role: "status" }, w.ordered(order.order_id)), el("a", { href: "/" }, w.look));
      header();
    } catch {
      event.target.disabled = false;
      say(w.failed);
    }
  };
  const begin = (event) => {
    track("Checkout Started", { currency: land.currency, country });
    event.target.replaceWith(me ? el("button", { onclick: place, "data-act": "order" }, w.order) : el("a", { href: "/account" }, w.who));
  };
  main.append(el("button", { onclick: begin, "data-act": "checkout" }, w.checkout), status());
}

async function logIn(email) {
  try {
    const me = await (await fetch(address("/account.json", { email }))).json();
    keep("me", me);
    const told = identify(me.user_id, me.traits, { marketing: me.marketing, analytics: me.analytics });
    await Promise.race([told, new Promise((go) => setTimeout(go, PATIENCE_MS))]);
    location.assign(Object.keys(kept("cart", {})).length ? "/cart" : "/");
  } catch {
    say(w.lost);
  }
}

function account(me) {
  const change = (purpose) => (event) => {
    me[purpose] = event.target.checked;
    keep("me", me);
    identify(me.user_id, {}, { marketing: me.marketing, analytics: me.analytics });
    say(w.saved);
  };
  const box = (purpose) => el("label", { class: "check" }, el("input", { type: "checkbox", checked: me[purpose], onchange: change(purpose) }), w[purpose]);
  const leave = () => { forget(); keep("me", null); location.assign("/"); };
  main.append(el("h1", {}, me.traits.name ?? me.traits.email), el("p", {}, w.loggedIn(me.traits.email)), el("h2", {}, w.consent), box("marketing"), box("analytics"), status(),
    el("button", { class: "plain", onclick: leave, "data-act": "leave" }, w.logOut));
}

function newsletter() {
  const answer = el("p", { role: "status", class: "soft" });
  return el("section", {}, el("h2", {}, w.newsletter), el("p", { class: "soft" }, w.newsletterText),
    el("form", { class: "row", onsubmit: (event) => {
      event.preventDefault();
      identify("", { email: new FormData(event.target).get("subscriber") }, { marketing: true });
      event.target.reset();
      answer.replaceChildren(w.subscribed);
    } }, el("label", { class: "visually-hidden", for: "subscriber" }, w.email),
      el("input", { id: "subscriber", name: "subscriber", type: "email", required: true, placeholder: w.email }), el("button", { class: "plain" }, w.subscribe)), answer);
}

function header() {
  const me = kept("me", null);
  const count = Object.values(kept("cart", {})).reduce((sum, each) => sum + each, 0);
  document.querySelector("header").replaceChildren(
    el("a", { class: "name", href: "/" }, el("img", { src: "/mark.svg", alt: "" }), "Hammer & Haul"),
    el("form", { action: "/search", role: "search" }, el("input", { type: "search", name: "q", placeholder: w.search, "aria-label": w.search, value: query.get("q") ?? "" })),
    el("nav", {}, el("a", { href: "/trucks" }, w.trucks), el("a", { href: "/safety" }, w.safety),
      el("a", { href: "/account" }, me ? (me.traits.name ?? me.traits.email) : w.account), el("a", { href: "/cart" }, `${w.cart} (${count})`)));
  document.querySelector("footer").replaceChildren(w.demo, el("a", { href: "/hooks" }, w.hooks),
    el("label", {}, `${w.country} `, el("select", { "aria-label": w.country, onchange: (event) => { keep("country", event.target.value); location.reload(); } },
      Object.keys(shop.countries).map((code) => el("option", { value: code, selected: code === country },
        new Intl.DisplayNames(land.locale, { type: "region" }).of(code))))));
}

async function open() {
  shop = await (await fetch("/catalogue.json")).json();
  const spoken = { ko: "KR", zh: "TW" }[navigator.language.slice(0, 2)] ?? "GB";
  country = kept("country", spoken);
  land = shop.countries[country];
  w = words[land.language];
  document.documentElement.lang = land.locale;
  header();
  if (!sdk) main.append(el("p", { class: "note" }, w.noSdk));
  await (pages[location.pathname] ?? pages["/"])();
}

open().catch(() => main.replaceChildren(el("p", { class: "note" }, w.lost)));
