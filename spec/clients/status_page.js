// What a browser makes of the status page.
//
// In: url; width in pixels; scheme, "light" or "dark"; refreshes, true to wait
//     until the page has refreshed itself, scrolled down; click, the text of a
//     link to follow.
// Out: text, title, url, links; width of the content and the window; color
//     and background of the body; lowest, the text of the lowest contrast;
//     requests, all URLs that were asked for;
//     problems, all messages of console and page; names of the pictures;
//     scroll, before and after the refresh; status.

const { withPage } = require("./support/browser");
const { run } = require("./support/script");

const HEIGHT = 500; // pixels, so that there is something to scroll

// In the page. The lowest contrast of a text to what is behind it, as WCAG 2
// has it, and that text.
const lowestContrast = () => {
  const channels = (color) => color.match(/[\d.]+/g).map(Number);
  const luminance = (color) => {
    const [red, green, blue] = channels(color).map((channel) => {
      const part = channel / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element) => {
    const color = getComputedStyle(element).backgroundColor;
    return channels(color)[3] === 0 && element.parentElement
      ? behind(element.parentElement) : color;
  };
  let lowest = { contrast: Infinity };
  for (const element of document.body.querySelectorAll("*")) {
    const text = [...element.childNodes].find(
      (node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (text && !element.closest("svg")) {
      const [dark, light] = [getComputedStyle(element).color, behind(element)]
        .map(luminance).sort((a, b) => a - b);
      const contrast = (light + 0.05) / (dark + 0.05);
      if (contrast < lowest.contrast) {
        lowest = { contrast, text: text.data };
      }
    }
  }
  return lowest;
};

const look = () => {
  const style = getComputedStyle(document.body);
  const images = [...document.querySelectorAll('svg[role="img"]')];
  return {
    text: document.body.innerText,
    title: document.title,
    links: [...document.links].map((link) => link.href),
    headings: [...document.querySelectorAll("h1, h2")]
      .map((heading) => heading.innerText),
    lang: document.documentElement.lang,
    contentWidth: document.documentElement.scrollWidth,
    windowWidth: document.documentElement.clientWidth,
    color: style.color,
    background: style.backgroundColor,
    images: images.map((image) => image.querySelector("title").textContent),
    scripts: document.scripts.length,
  };
};

run(({ url, width, scheme, refreshes, click }) => withPage({
  viewport: { width: width || 1280, height: HEIGHT },
  colorScheme: scheme || "light",
}, async (page) => {
  const requests = [];
  const problems = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("console", (message) => problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(String(error)));
  const response = await page.goto(url);
  const found = { status: response.status(), scroll: [] };
  if (click) {
    await Promise.all([page.waitForNavigation(), page.click(`text=${click}`)]);
  }
  if (refreshes) {
    await page.evaluate(() => window.scrollTo(0, 300));
    found.scroll.push(await page.evaluate(() => window.scrollY));
    await page.waitForNavigation();
    await page.waitForFunction(() => window.scrollY > 0);
    found.scroll.push(await page.evaluate(() => window.scrollY));
  }
  return {
    ...found, ...(await page.evaluate(look)), url: page.url(),
    lowest: await page.evaluate(lowestContrast), requests, problems,
  };
}));
