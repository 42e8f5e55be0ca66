"""A Dockerfile as far as the tests need it: its stages, each a list of (instruction, text)."""


def read_stages(path):
    stages, name = {}, None
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        instruction, text = line.split(" ", 1)
        if instruction == "FROM":
            _, _, name = text.partition(" AS ")
            stages[name] = []
        stages[name].append((instruction, text))
    return stages


def all_of(stage, instruction):
    return [text for name, text in stage if name == instruction]


def health_check(stage):
    """The command, without the options before it."""
    (text,) = all_of(stage, "HEALTHCHECK")
    return text.partition("CMD ")[2]
