"""The code behind each rule, as a parameter: an edited function makes again what it made.

Snakemake compares parameters, shell commands and inputs, not the package that a rule calls.
What counts as an edit is in deepexpr/run/code.py; docs/clusters.md says what reruns when.
"""

from pathlib import Path

from deepexpr.run.code import code_fingerprint, remembered
from deepexpr.figures.registry import find
from deepexpr.model.config import find_variant


def get_code(one):
    """Fingerprint of the verbs a rule calls, and of the caller, variant or figure it runs."""
    verbs = re.findall(r"python -m deepexpr ([\w-]+)(?: (\w+))?", one.shellcmd or "")
    modules = [f"deepexpr.commands.{verb.replace('-', '_')}" for verb, _ in verbs]
    if "call-loops" in [verb for verb, _ in verbs]:
        modules.append(get_caller().__name__)
    if "train" in [verb for verb, _ in verbs]:
        modules.append(find_variant(config["model"]["variant"]).__name__)
    figures = {
        figure for verb, figure in verbs if verb in ("table", "figure") and figure
    }
    if "figure" in one.params.keys():
        figures.add(one.params["figure"])
    modules += [find(figure).module for figure in figures]
    return code_fingerprint(modules) if modules else None


# Jobs that this process starts take its fingerprints.
if "DEEPEXPR_CODE" not in os.environ:
    with remembered(Path(".snakemake/deepexpr_code.json")):
        codes = {one.name: get_code(one) for one in workflow.rules}
    os.environ.update(DEEPEXPR_CODE=json.dumps(codes))
for name, code in json.loads(os.environ.get("DEEPEXPR_CODE")).items():
    if code:
        workflow.get_rule(name).set_params(code=code)
