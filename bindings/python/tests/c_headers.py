"""Reads the public C headers with pycparser, and asks a C compiler for sizes and offsets."""

import re
import subprocess

from conftest import PROJECT
from pycparser import c_ast, c_parser

INCLUDE = PROJECT / "include"
HEADERS = ["meower/meower.h", "meower/backend.h"]

# What the parser needs to know of the system's headers, and no more.
STANDARD = {
    "stddef.h": "typedef unsigned long size_t;",
    "stdint.h": "typedef int int32_t; typedef long int64_t; typedef unsigned int uint32_t; typedef unsigned long uint64_t;",
}


def preprocessed(folder):
    """The declarations of all headers, as plain C."""
    for name, text in STANDARD.items():
        (folder / name).write_text(f"#pragma once\n{text}\n")
    lines = "".join(f"#include <{header}>\n" for header in HEADERS)
    return subprocess.run(
        ["gcc", "-E", "-P", "-nostdinc", "-U__GNUC__", "-xc", f"-I{INCLUDE}", f"-I{folder}", "-"],
        input=lines, capture_output=True, text=True, check=True,
    ).stdout


def type_text(node):
    """A type as text: "char *", "meower_page **"; without const."""
    if isinstance(node, c_ast.TypeDecl):
        return type_text(node.type)
    if isinstance(node, c_ast.IdentifierType):
        return " ".join(node.names)
    if isinstance(node, c_ast.Struct):
        return node.name
    if isinstance(node, c_ast.PtrDecl):
        if isinstance(node.type, c_ast.FuncDecl):
            return "function *"
        inner = type_text(node.type)
        return inner + ("*" if inner.endswith("*") else " *")
    raise TypeError(f"{type(node).__name__} is not expected in the headers")


def declarations(folder):
    """The functions, as name: (result, parameters, is variadic), and the structs, as name: [member, ...]."""
    functions, structs = {}, {}
    for node in c_parser.CParser().parse(preprocessed(folder)).ext:
        if isinstance(node, c_ast.Typedef) and isinstance(node.type.type, c_ast.Struct):
            if node.type.type.decls:
                structs[node.name] = [member.name for member in node.type.type.decls]
        elif isinstance(node, c_ast.Decl) and isinstance(node.type, c_ast.FuncDecl):
            parameters = node.type.args.params
            variadic = any(isinstance(each, c_ast.EllipsisParam) for each in parameters)
            types = [type_text(each.type) for each in parameters if not isinstance(each, c_ast.EllipsisParam)]
            functions[node.name] = (type_text(node.type.type), [] if types == ["void"] else types, variadic)
        elif isinstance(node, c_ast.Decl) and isinstance(node.type, c_ast.PtrDecl):
            raise TypeError(f"{node.name} is a variable?")
    return functions, structs


def parenthesised(folder):
    """The functions whose declaration hides in a declarator, such as one that returns a pointer to an array."""
    return set(re.findall(r"\bmeower_\w+(?=\()", preprocessed(folder)))


def printed_by(program, statements):
    """The lines that a C program of these statements prints, with all headers included."""
    lines = [f"#include <{header}>" for header in ("stddef.h", "stdio.h", *HEADERS)]
    source = program.with_suffix(".c")
    source.write_text("\n".join([*lines, "int main(void) {", *statements, "}"]))
    subprocess.run(["gcc", f"-I{INCLUDE}", source, "-o", program], check=True)
    return subprocess.run([program], capture_output=True, text=True, check=True).stdout.splitlines()


def layouts(folder, structs):
    """What a C program says: {struct: (size, {member: (offset, size)})}."""
    lines = []
    for name, members in structs.items():
        lines.append(f'printf("{name} . %zu 0\\n", sizeof({name}));')
        for member in members:
            lines.append(
                f'printf("{name} {member} %zu %zu\\n", offsetof({name}, {member}), sizeof((({name} *)0)->{member}));'
            )
    found = {}
    for line in printed_by(folder / "layout", lines):
        name, member, offset, size = line.split()
        if member == ".":
            found[name] = (int(offset), {})
        else:
            found[name][1][member] = (int(offset), int(size))
    return found


def constants(folder, names):
    """The values of macros and enumerators."""
    printed = printed_by(folder / "constants", [f'printf("%ld\\n", (long)({name}));' for name in names])
    return dict(zip(names, map(int, printed)))
