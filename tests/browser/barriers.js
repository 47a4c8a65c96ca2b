// What a reader who does not see the page, or has no mouse, would stumble over: a sentence for each.
(() => {
  const all = (what, root = document) => [...root.querySelectorAll(what)], found = [];
  const report = (what, elements) => elements.forEach((e) => found.push(`${what}: ${e.outerHTML.slice(0, 90)}`));
  const shown = (e) => !e.closest('[aria-hidden=true]') && e.checkVisibility();
  const spoken = (e) => { const label = e.getAttribute('aria-label') || e.getAttribute('title')
      || (e.labels && [...e.labels].map((l) => l.textContent).join(' '));
    if (label) return label.trim();
    const copy = e.cloneNode(true);
    all('[aria-hidden=true], script, style', copy).forEach((one) => one.remove());
    all('img[alt]', copy).forEach((one) => one.replaceWith(one.alt));
    return copy.textContent.trim(); };
  if (!document.documentElement.lang) found.push('the page names no language');
  if (!document.title) found.push('the page has no title');
  for (const landmark of ['main', 'body > header nav[aria-label]', 'body > footer'])
    if (all(landmark).length !== 1) found.push(`${all(landmark).length} times ${landmark}, expected once`);
  report('outside of all landmarks', [...document.body.children].filter((e) => !e.matches('header, main, footer, .skip, script')
    && shown(e)));
  const headings = all('h1, h2, h3, h4, h5, h6').filter(shown), levels = headings.map((e) => Number(e.tagName[1]));
  if (levels.filter((one) => one === 1).length !== 1) found.push('the page has not exactly one h1');
  report('a level of headings is left out before', headings.filter((e, i) => levels[i] > (levels[i - 1] ?? 0) + 1));
  report('a heading without text', headings.filter((e) => !spoken(e)));
  const ids = all('[id]').map((e) => e.id);
  found.push(...ids.filter((id, i) => ids.indexOf(id) !== i).map((id) => `the id ${id} is that of two elements`));
  report('it refers to an id that is not there', ['aria-labelledby', 'aria-describedby', 'aria-controls', 'for']
    .flatMap((key) => all(`[${key}]`).filter((e) => !e.getAttribute(key).split(' ').every((id) => ids.includes(id)))));
  report('nothing says what it is', all('a[href], button, summary, input, select, textarea').filter((e) => shown(e) && !spoken(e)));
  report('the keyboard stops at what is not read out', all('[aria-hidden=true] :is(a[href], button, input), a[href][aria-hidden=true]')
    .filter((e) => e.tabIndex >= 0));
  report('a picture without alternative text', all('img').filter((e) => !e.hasAttribute('alt')));
  report('a figure whose picture says nothing', all('article figure img').filter((e) => !e.alt.trim()));
  report('a drawing without a role', all('svg').filter((e) => shown(e) && !e.closest('[role]')));
  report('a table without caption', all('table').filter((e) => !e.caption || !e.caption.textContent.trim()));
  report('a head of a table without scope', all('th:not([scope])'));
  report('a list holds something else', all('ul, ol').flatMap((e) => [...e.children]).filter((e) => !e.matches('li')));
  all('.formula > div').forEach((e) => { e.style.width = '3000px' });
  report('it scrolls, and the keyboard can not reach it', all('body *').filter((e) => shown(e)
    && /auto|scroll/.test(getComputedStyle(e).overflowX) && e.scrollWidth > e.clientWidth && e.tabIndex < 0));
  return found; })()
