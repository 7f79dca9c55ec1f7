/**
 * Adversarial input: what makes a careless reader quadratic. Each family gives a text of about the asked length; `as` says in
 * what it is sent.
 */
export interface Family {
  readonly name: string
  readonly as: 'form' | 'json' | 'xml' | 'query' | 'multipart' | 'body'
  text(length: number): string
}

const repeated =
  (unit: string, start = '', end = '') =>
  (length: number) =>
    start + unit.repeat(Math.ceil(Math.max(0, length - start.length - end.length) / unit.length)) + end

const value = (name: string, unit: string, start = '', end = ''): Family => ({
  name,
  as: 'body',
  text: repeated(unit, start, end),
})

export const FAMILIES: readonly Family[] = [
  // Trigger characters of every class.
  ...[
    "'",
    '"',
    '`',
    '<',
    '>',
    '(',
    ')',
    '{',
    '}',
    '[',
    ']',
    ';',
    '|',
    '&',
    '$',
    '#',
    '%',
    '\\',
    '/',
    '.',
    ':',
    '=',
    '!',
    '*',
    '@',
    ',',
    '-',
    '+',
    '\n',
    '\0',
    '~',
    '^',
    '_',
    ' ',
  ].map((unit) => value(`repeated ${JSON.stringify(unit)}`, unit)),
  // SQL
  value("SQL: ' or '", "' or '"),
  value('SQL: union select', "' union select "),
  value('SQL: comments that stay open', '/*'),
  value('SQL: comments within comments', '/*!50000'),
  value('SQL: parentheses', '(select(', '1 and '),
  value('SQL: numbers', '1e1.', "' or "),
  value('SQL: concatenation', "'||'a", "'"),
  // Markup
  value('markup: open tags', '<a '),
  value('markup: attributes', ' a=b', '<a'),
  value('markup: quotes that stay open', '<a b="'),
  value('markup: handlers', '<img onerror='),
  value('markup: comments', '<!--'),
  value('markup: schemes', 'java\tscript:'),
  value('markup: scripts', '<script'),
  value('markup: seven bits', '\u00bca'),
  value('markup: seven bits, closed', '\u00bcab\u00be'),
  value('markup: script without tags', '";alert(1)//'),
  // Paths
  value('path: dots', '../'),
  value('path: backslashes', '..\\'),
  value('path: slashes', '//a'),
  value('path: files', '/etc/passwd'),
  // Shells
  value('shell: separators', ';a|b&'),
  value('shell: substitutions that stay open', '$('),
  value('shell: backquotes', '`a'),
  value('shell: variables', '${IFS}'),
  value('shell: commands', ';cat /etc/'),
  value('shell: quotes within words', ";c'a't "),
  // Templates, objects, other languages
  value('templates: {{', '{{a'),
  value('templates: ${', '${a'),
  value('templates: <%', '<%='),
  value('lookups', '${jndi:${lower:'),
  value('PHP: calls', 'base64_decode('),
  value('PHP: objects', 'O:8:"a":1:{'),
  value('Java: classes', 'java.lang.Runtime.'),
  value('Node: calls', "require('"),
  value('Ruby: calls', '#{system('),
  value('Perl: calls', '@{[system '),
  value('prototypes', '__proto__.constructor.'),
  value('LDAP: filters', '*)(uid=*))(|'),
  value('operators', '{"$ne":'),
  value('URLs', 'http://127.0.0.1/ '),
  value('lines of a header', 'a\r\nSet-Cookie: b'),
  value('SSI', '<!--#exec '),
  value('document types', '<!DOCTYPE a [<!ENTITY b SYSTEM "'),
  // Decoders
  value('decode: percent', '%41'),
  value('decode: percent of percent', '%2525252541'),
  value('decode: percent cut short', '%4'),
  value('decode: percent of long UTF-8', '%c0%ae%f0%80%80%ae'),
  value('decode: %u', '%u0041'),
  value('decode: entities', '&#x41;&lt;'),
  value('decode: entities that stay open', '&#x0'),
  value('decode: zeros in an entity', '0', '&#'),
  value('decode: entities of entities', '&amp;amp;lt;'),
  value('decode: escapes', '\\x41\\u0041\\101'),
  value('decode: braces that stay open', '\\u{0'),
  value('decode: zeros in an escape', '0', '\\u{'),
  value('decode: full width', '\uff1c\uff53'),
  value('decode: invisible', '\u200ba\0'),
  value('decode: UTF-7', '+ADw-'),
  value('decode: UTF-7 that stays open', '+AD'),
  value('decode: one long UTF-7', 'AA8', '+'),
  value('decode: base64 of text', 'PHNjcmlwdD5hbGVydCgxKTwv'),
  value('decode: base64 of base64', 'VUVoT2FtTnRiSGRrUkRWb1lrZFdl'),
  // Formats
  { name: 'form: parameters', as: 'form', text: repeated('a=b&') },
  { name: 'form: names', as: 'form', text: repeated("a'b&") },
  { name: 'form: one percent-encoded value', as: 'form', text: repeated('%3C', 'a=') },
  { name: 'JSON: arrays in arrays', as: 'json', text: repeated('[') },
  { name: 'JSON: objects in objects', as: 'json', text: repeated('{"a":') },
  { name: 'JSON: members', as: 'json', text: repeated('"a":"b",', '{') },
  { name: 'JSON: escapes', as: 'json', text: repeated('\\u0027', '["', '"]') },
  { name: 'JSON: backslashes', as: 'json', text: repeated('\\', '["') },
  { name: 'JSON: quoted quotes', as: 'json', text: repeated('\\"', '["', '"]') },
  { name: 'JSON: a string that stays open', as: 'json', text: repeated('a', '["') },
  { name: 'JSON: JSON in strings', as: 'json', text: repeated('[\\"', '["') },
  { name: 'JSON: words', as: 'json', text: repeated('a ', '[') },
  { name: 'JSON: a GraphQL document', as: 'json', text: repeated('{a(b:1)', '{"query":"query ', '"}') },
  { name: 'XML: elements in elements', as: 'xml', text: repeated('<a>') },
  { name: 'XML: open tags', as: 'xml', text: repeated('<a ') },
  { name: 'XML: attributes', as: 'xml', text: repeated('a="b" ', '<a ', '/>') },
  { name: 'XML: sections', as: 'xml', text: repeated('<![CDATA[a]]>', '<a>') },
  { name: 'XML: sections that stay open', as: 'xml', text: repeated('<![CDATA[', '<a>') },
  { name: 'XML: comments', as: 'xml', text: repeated('<!-- -->a', '<a>') },
  { name: 'XML: document types', as: 'xml', text: repeated('<!DOCTYPE [') },
  { name: 'XML: entities', as: 'xml', text: repeated('&lt;', '<a>') },
  { name: 'XML: markup', as: 'xml', text: repeated('<img x="') },
  {
    name: 'multipart: parts',
    as: 'multipart',
    text: repeated('\r\n--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nb', '--b\r\n\r\n'),
  },
  {
    name: 'multipart: near boundaries',
    as: 'multipart',
    text: repeated('\r\n--', '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n'),
  },
  { name: 'multipart: header lines', as: 'multipart', text: repeated('a: b\r\n', '--b\r\n') },
  {
    name: 'multipart: names',
    as: 'multipart',
    text: repeated(`\r\n--b\r\nContent-Disposition: form-data${'; name="a"'.repeat(60)}\r\n\r\nb`, '--b\r\n\r\n'),
  },
]

export const CONTENT_TYPES: Readonly<Record<Family['as'], string>> = {
  body: 'text/plain',
  form: 'application/x-www-form-urlencoded',
  json: 'application/json',
  xml: 'application/xml',
  query: 'text/plain',
  multipart: 'multipart/form-data; boundary=b',
}
