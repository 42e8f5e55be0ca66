// corpus.js - what must stay text wherever it stands.

// Each would set window.pwned if any part of it were taken for HTML, an attribute, an address or a template.
export const CORPUS = [
  "<script>window.pwned=1</script>", "<img src=x onerror=window.pwned=1>", "<svg onload=window.pwned=1>",
  "\"><img src=x onerror='window.pwned=1'>", "'-(window.pwned=1)-'", "javascript:window.pwned=1",
  "<a href=javascript:window.pwned=1>x</a>", "<iframe srcdoc='<script>parent.pwned=1</script>'>",
  "{{constructor.constructor('window.pwned=1')()}}", "${window.pwned=1}", "<!--><svg/onload=window.pwned=1>",
  "&lt;img src=x onerror=window.pwned=1&gt;", "&#60;svg onload=window.pwned=1&#62;", "<mark><svg onload=window.pwned=1></mark>",
  "</p></article><style>*{display:none}</style>", "<math><mi//xlink:href='data:x,<script>pwned=1</script>'>",
  "<object data='data:text/html,<script>top.pwned=1</script>'>", "<base href=//evil.example>", "<details open ontoggle=pwned=1>",
  "\u2028window.pwned=1\u2029", "\u202e<script>pwned=1</script>", "<meta http-equiv=refresh content='0;url=//evil.example'>",
];
