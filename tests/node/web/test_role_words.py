from node.access import ROLES
from node.web.role_words import duties_of, kinds_told, role_name


def test_a_role_does_what_its_scopes_let_it() -> None:
    assert all(may for _, may in duties_of("owner"))
    assert [may for _, may in duties_of("member")] == [True, False, False, False]
    assert sum(may for _, may in duties_of("auditor")) == len(ROLES["auditor"])


def test_what_is_not_known_stays_as_it_was_written() -> None:
    assert (role_name("owner"), role_name("captain")) == ("owner", "captain")
    assert kinds_told("moon/1:1 offer/1:3", str) == ["moon/1", "3 \u00d7 offer"]
