from datetime import date

from jouletrace.facts import ask_attribution, ask_facts
from jouletrace.registry.schema import Attribution, AttributionQuery, Fact, FactQuery


def fact(subject, value="x", grade="read", day=date(2022, 11, 30)):
    return Fact.model_validate(
        {
            "subject": subject,
            "predicate": "launch",
            "value": value,
            "valid_from": day,
            "grade": grade,
            "cite": "k",
            "locator": "p. 1",
        }
    )


FACTS = {"a": fact("A"), "b": fact("B", "y", "recalled", date(2023, 5, 1))}


def ask(**words):
    return ask_facts(FactQuery.model_validate({"predicate": "launch", **words}), FACTS)


def test_existence_and_count():
    assert ask(check="exists", subject="A").word == "true"
    assert ask(check="exists", subject="C").word == "false"
    assert ask(check="count_at_least", count=3).word == "false"


def test_a_recalled_row_that_decides_caps_the_word():
    assert ask(check="count_at_least", count=2).word == "leans true"
    assert ask(check="exists", subject="B").word == "leans true"
    assert ask(check="count_at_least", count=1).word == "true"


def test_dates_and_values():
    assert ask(check="before", day=date(2022, 12, 31), subject="A").word == "true"
    assert ask(check="before", day=date(2022, 12, 31), subject="B").word == "false"
    assert ask(check="equals", value="x", subject="A").word == "true"


def attribution(**change):
    base = {
        "claim": "C1",
        "speaker": "S",
        "day": "2022",
        "content": "c",
        "status": "located",
        "located": "l",
        "grade": "read",
        "cite": "k",
        "locator": "p",
        "elements": {
            "object": {"article": "humans", "source": "workers"},
            "year": {"article": "a", "source": "a"},
        },
    }
    return {"one": Attribution.model_validate({**base, **change})}


def asked(check, element=None, **change):
    query = AttributionQuery(id="one", check=check, element=element)
    return ask_attribution(query, attribution(**change)).word


def test_attributions():
    assert asked("located") == "located"
    assert asked("located", status="not located") == "not located"
    assert asked("element_in_source", "object") == "true"
    assert asked("element_unchanged", "object") == "false"
    assert asked("element_unchanged", "year") == "true"
    assert asked("element_unchanged", "year", grade="recalled") == "leans true"


def test_what_would_turn_a_count_is_told_in_words():
    assert ask(check="count_at_least", count=2).flip == "would be false if one of these rows were wrong"
    assert ask(check="count_at_least", count=1).flip == "would be false if all of these rows were wrong"
    assert ask(check="exists", subject="A").flip == "would be false if this row were wrong"
