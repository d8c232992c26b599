"""External services in a plan."""

from tests.plan_file.plans import SMALL, read

EXTERNAL = """\
external:
  openai: {http: 'https://status.example.com/api', expect: json.status.indicator = none, every: 1m}
  stripe: {http: GET https://api.example.com/v1, bearer: '${TOKEN}', expect: [status = 401, time < 2s], within: 3s}
rules:
  - {if: openai.availability < 90% for 5m, then: page on-call}
"""


def test_each_is_a_check_that_is_asked_again_and_again_and_a_metric() -> None:
    plan = read(SMALL + EXTERNAL)
    openai, stripe = plan.externals
    assert (openai.check.name, openai.check.options.http, openai.every) == (
        "openai",
        "https://status.example.com/api",
        60,
    )
    assert [each.text for each in openai.check.expects] == ["json.status.indicator = none", "status = 200"]
    assert (stripe.check.within, stripe.every, stripe.check.options.bearer.get_secret_value()) == (3, 0, "s3cret-value")
    assert [each.text for each in stripe.check.expects] == ["status = 401", "time < 2s"]
    assert [(each.name, each.source, str(each.unit)) for each in plan.metrics] == [
        ("openai.availability", "external", "%"), ("stripe.availability", "external", "%"),
    ]  # fmt: skip
    assert plan.rules[0].condition.metric == "openai.availability"


def test_a_verification_that_is_comprehensive_asks_them_too() -> None:
    plan = read(SMALL + EXTERNAL + "verify: comprehensive\n")
    answers = [check for check in plan.verify if "answers" in check.name]
    assert [(check.name, check.mandatory) for check in answers] == [
        ("openai answers", False),
        ("stripe answers", False),
    ]
