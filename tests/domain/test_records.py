import json

from hypothesis import given
from hypothesis import strategies as st

from flightrules.domain.observations import from_record, to_record
from flightrules.domain.verdict import ALL, CANDIDATE, STABLE, Counters, Histogram, Observation, Reading, Verdict

words = st.text(max_size=20)
figures = st.floats(allow_nan=False, allow_infinity=False)
amounts = st.integers(0, 10**12)
readings = st.builds(
    Reading,
    metric=words,
    subject=st.sampled_from([CANDIDATE, STABLE, ALL]),
    service=words,
    value=st.none() | figures,
    missing=st.none() | st.sampled_from([Verdict.INSUFFICIENT, Verdict.UNREACHABLE]),
    why=words,
    requests=st.none() | amounts,
)
histograms = st.lists(st.floats(0, 100), max_size=5, unique=True).flatmap(
    lambda bounds: st.lists(amounts, min_size=len(bounds) + 1, max_size=len(bounds) + 1).map(
        lambda tally: Histogram((*sorted(bounds), float("inf")), tuple(tally))
    )
)
counters = st.builds(Counters, requests=amounts, bad=amounts, latency=histograms, in_flight=amounts)
observations = st.builds(
    Observation,
    at=figures,
    stage=words,
    readings=st.lists(readings, max_size=5).map(tuple),
    counters=st.dictionaries(words, st.dictionaries(words, counters, max_size=2), max_size=2),
    roles=st.dictionaries(words, st.dictionaries(words, words, max_size=2), max_size=2),
    names=st.dictionaries(words, words, max_size=2),
    interval=figures,
)


@given(observations)
def test_an_observation_survives_its_record_in_strict_json(seen):
    text = json.dumps(to_record(seen), allow_nan=False)
    assert from_record(json.loads(text)) == seen
