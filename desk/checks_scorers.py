"""What `desk doctor` looks at for scorers that answer late: packages, models, keys, what they cost today."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.util import find_spec

from desk.checks import FAIL, OK, WARN, Check
from engine.config import Config
from engine.errors import DeskError, installing
from engine.paths import Paths
from engine.scoring.budget import Budget
from engine.scoring.finbert.store import find
from engine.scoring.late import late_names


def check_scorers(config: Config, paths: Paths, now_ns: int) -> Iterator[Check]:
    """One check per configured late scorer: it could be started."""
    checks = {"finbert": _finbert, "llm": _llm, "comprehend": _comprehend}
    for name in late_names(config):
        if name in checks:
            yield checks[name](config, paths, now_ns)


def _finbert(config: Config, paths: Paths, now_ns: int) -> Check:
    missing = _missing({"tokenizers": "finbert", "onnxruntime": "finbert"})
    if missing:
        return Check("scorer finbert", FAIL, *missing)
    settings = config.scoring.finbert
    try:
        model = find(paths.state_dir, settings.model)
        model.meanings(settings.labels)
    except DeskError as error:
        return Check("scorer finbert", FAIL, f"{error.where}: {error.message}", error.remedy)
    if not model.manifest.file:
        missing = _missing({"torch": "torch", "transformers": "torch"})
        if missing:
            return Check("scorer finbert", FAIL, *missing)
    return Check("scorer finbert", OK, model.manifest.version)


def _llm(config: Config, paths: Paths, now_ns: int) -> Check:
    settings = config.scoring.llm
    if not settings.model:
        return Check("scorer llm", FAIL, "scoring.llm.model is empty", "name a model that your endpoint offers")
    missing = _missing({"boto3": "aws"}) if settings.api == "bedrock" else ()
    if missing:
        return Check("scorer llm", FAIL, *missing)
    return _spent("llm", f"{settings.model} through {settings.api}", settings.daily_cap_usd, paths, now_ns)


def _comprehend(config: Config, paths: Paths, now_ns: int) -> Check:
    settings = config.scoring.comprehend
    missing = _missing({"boto3": "aws"})
    if missing:
        return Check("scorer comprehend", FAIL, *missing)
    return _spent("comprehend", f"in {settings.region}", settings.daily_cap_usd, paths, now_ns)


def _spent(name: str, what: str, cap_usd: float, paths: Paths, now_ns: int) -> Check:
    budget = Budget(paths.state_dir, name, cap_usd)
    try:
        blocked = budget.blocked(now_ns)
    except DeskError as error:
        return Check(f"scorer {name}", FAIL, f"{error.where}: {error.message}", error.remedy)
    if blocked:
        return Check(f"scorer {name}", WARN, blocked, f"raise scoring.{name}.daily_cap_usd, or wait for 00:00 UTC")
    return Check(f"scorer {name}", OK, f"{what}, ${budget.spent_usd:.2f} of ${cap_usd:.2f} spent today")


def _missing(packages: Mapping[str, str]) -> tuple[str, str] | tuple[()]:
    """What is missing and how to get it, for the first package that is."""
    for package, extra in packages.items():
        if find_spec(package) is None:
            return f"the package {package} is not installed", installing(extra)
    return ()
