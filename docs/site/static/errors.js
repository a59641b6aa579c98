// A pasted error text finds its entry. Headings such as "port … on … is in use" stand for every text with other values. Words that no page has,
// such as a port or a file name, do not make a search fail.
if (typeof Search !== "undefined") {
  const SHORTEST = 10; // characters of a heading that is found as a part of a longer text
  const searchTerms = Search.performTermsSearch;
  Search.performTermsSearch = (terms, excluded) => {
    const { terms: known, titleterms: titles } = Search._index;
    const used = [...terms].filter((word) => Object.hasOwn(known, word) || Object.hasOwn(titles, word));
    return searchTerms(new Set(used.length > 0 ? used : terms), excluded);
  };

  const search = Search._performSearch;
  Search._performSearch = (query, ...rest) => {
    const words = (text) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
    const asked = ` ${words(query).join(" ")} `;
    const found = [];
    for (const [title, places] of Object.entries(Search._index.alltitles)) {
      const parts = title.split("…").map((part) => words(part).join(" ")).filter((part) => part.length > 3);
      const longest = Math.max(0, ...parts.map((part) => part.length));
      if (longest >= SHORTEST && (parts.every((part) => asked.includes(` ${part} `)) || parts.some((part) => ` ${part} `.includes(asked)))) {
        for (const [file, place] of places) {
          const score = 100 + longest;
          found.push([Search._index.docnames[file], `${Search._index.titles[file]} > ${title}`, place === null ? "" : `#${place}`, null, score, Search._index.filenames[file], "title"]);
        }
      }
    }
    found.sort((one, other) => one[4] - other[4]);
    const seen = new Set(found.map((result) => result[0] + result[2]));
    return [...search(query, ...rest).filter((result) => !seen.has(result[0] + result[2])), ...found];
  };
}
