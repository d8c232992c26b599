"""On a way back, a variable without a value stops only what uses it; a release is never begun without one."""

import pytest

from flightrules.domain import unset
from flightrules.domain.errors import VariableNotSet
from flightrules.plan_file import PlanProblems, load_text
from flightrules.ports.options import texts_in

PLAN = """\
plan: shop
version: {from: argument}
services:
  web:
    target:
      kind: local
      build: make install --from ${INDEX}
      start: serve --key ${KEY}
      health: {http: /health}
      environment: {TOKEN: '${TOKEN}', PLAIN: x}
    traffic: {kind: envoy, listen: 127.0.0.1:8080}
metrics:
  depth: {from: http, url: 'http://${HOST}/depth', value: depth, unit: number}
gates:
  code:
    - {check: Tests pass, run: 'pytest --token ${CI}'}
stages:
  - {stage: full, traffic: 100%, hold: 1m, look: every 5s, pass: depth < 5, fail: roll back}
"""


def read(tmp_path, text=PLAN, stand_in=unset.stand_in, **environment):
    return load_text(text, "flight.yaml", tmp_path, environment, stand_in)


def test_every_one_of_them_is_a_problem_for_a_release(tmp_path):
    with pytest.raises(PlanProblems) as refused:
        read(tmp_path, stand_in=None)
    named = [problem.what for problem in refused.value.problems]
    assert named == [f"the variable {name} is not set" for name in ("INDEX", "KEY", "TOKEN", "HOST", "CI")]


def test_for_a_way_back_each_is_kept_until_it_is_used(tmp_path):
    plan = read(tmp_path, KEY="hush-hush")
    target = plan.services[0].target.options
    with pytest.raises(VariableNotSet) as refused:
        unset.refuse([target.build], "build 1.0 of web")
    assert refused.value.what == (
        "to build 1.0 of web takes the variable INDEX (flight.yaml:7:34), without a value here"
    )
    assert refused.value.do == (
        "traffic stays as it is; set what is missing in the environment or in .env beside the plan, end this command "
        "with Ctrl-C, and go on with `flight run`, then `flight resume`; or `flight shutdown`, which takes none"
    )
    assert target.start == "serve --key hush-hush"
    unset.refuse([target.start], "start")
    with pytest.raises(VariableNotSet, match=r"TOKEN \(flight.yaml:10:29\)"):
        unset.refuse(texts_in(target), "start")
    with pytest.raises(VariableNotSet, match="HOST"):
        unset.refuse(texts_in(plan.metrics[0].options), "read depth")
    with pytest.raises(VariableNotSet, match="CI"):
        unset.refuse(plan.gates["code"][0].environment.values(), "ask")
    assert plan.secrets == ("hush-hush",)


@pytest.mark.parametrize(
    "old, new",
    [
        ("listen: 127.0.0.1:8080", "listen: '127.0.0.1:${WHERE}'"),
        ("{http: /health}", "{http: '/${WHERE}'}"),
        ("value: depth,", "value: depth, within: '${WHERE}',"),
    ],
)
def test_what_every_act_needs_or_is_no_text_is_a_problem_there_too(tmp_path, old, new):
    with pytest.raises(PlanProblems) as refused:
        read(tmp_path, PLAN.replace(old, new))
    (problem,) = refused.value.problems
    assert problem.what == "the variable WHERE is not set"
    line = PLAN.replace(old, new).splitlines()[problem.line - 1]
    assert line[problem.column - 1 :].startswith("${WHERE}")
