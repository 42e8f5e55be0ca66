#!/usr/bin/env python3
"""make_tables.py - writes tables.py: what contract.py needs of Unicode and Python does not have. ICU knows it: the
command uconv, of Debian's package icu-devtools."""

import pathlib
import subprocess
import unicodedata

EVERYTHING = [chr(code_point) for code_point in range(0x80, 0x110000) if not 0xD800 <= code_point <= 0xDFFF]
WIDTH = 120

HEAD = '''"""tables.py - made by make_tables.py: what contract.py needs of Unicode and Python does not have."""
'''


def transformed(rule, text):
    done = subprocess.run(["uconv", "-f", "utf-8", "-t", "utf-8", "-x", f":: {rule} ;"], input=text.encode(),
                          stdout=subprocess.PIPE, check=True)
    return done.stdout.decode()


def having(properties):
    """The characters beyond ASCII that have one of these properties, in ICU's way of writing sets."""
    return transformed(f"[^{properties}] Remove", "".join(EVERYTHING))


def ranges_of(characters):
    ranges = []
    for code_point in sorted(map(ord, characters)):
        if ranges and ranges[-1][1] == code_point - 1:
            ranges[-1][1] = code_point
        else:
            ranges.append([code_point, code_point])
    return [f"(0x{first:04X}, 0x{last:04X})" for first, last in ranges]


def latin_letters():
    """What the transform Latin-ASCII makes of the small Latin letters that have no decomposition."""
    letters = [letter for letter in having("[:Latin:]")
               if unicodedata.category(letter)[0] == "L" and unicodedata.normalize("NFKD", letter) == letter
               and letter.casefold() == letter]
    ascii_forms = transformed("Latin-ASCII", "\n".join(letters)).lower().split("\n")
    return [f'"{letter}": "{form}"' for letter, form in zip(letters, ascii_forms) if letter != form]


def filled(items):
    """Items of a list, as many a line as it holds."""
    lines, line = [], "   "
    for item in items:
        if len(line) + len(item) + 2 > WIDTH:
            lines.append(line)
            line = "   "
        line += f" {item},"
    return "\n".join([*lines, line])


def main():
    spaceless = [letter for letter in having("[:scx=Hani:][:scx=Hira:][:scx=Kana:][:scx=Hang:][:lb=SA:]")
                 if unicodedata.category(letter) in ("Lu", "Ll", "Lt", "Lm", "Lo", "Nl")
                 and unicodedata.normalize("NFKD", letter) == letter]
    sections = [
        ("Han, Hiragana, Katakana, Hangul (Script_Extensions) and Line_Break=SA: letters, decomposed.",
         "SPACELESS = [", filled(ranges_of(spaceless)), "]"),
        ("Default_Ignorable_Code_Point: what nobody sees.",
         "IGNORABLE = [", filled(ranges_of(having("[:Default_Ignorable_Code_Point:]"))), "]"),
        ("The transform Latin-ASCII, of small letters that have no decomposition.",
         "LATIN_ASCII = {", filled(latin_letters()), "}"),
    ]
    text = HEAD + "".join(f"\n# {title}\n{start}\n{body}\n{end}\n" for title, start, body, end in sections)
    pathlib.Path(__file__).with_name("tables.py").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
