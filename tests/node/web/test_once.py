from node.web.once import fresh_nonce
from tests.node.served import Served, logged_in
from tests.node.web.looking import send, text


async def test_a_form_without_its_nonce_is_refused(one: Served) -> None:
    found = await send(one, await logged_in(one), "/circles/new", {"name": "Sea"})
    assert (found.status, "[bad-field]" in text(found)) == (422, True)


async def test_another_form_is_another_act(one: Served) -> None:
    login = await logged_in(one)
    places = {
        (await send(one, login, "/circles/new", {"name": "Sea", "nonce": fresh_nonce()})).headers[
            "Location"
        ]
        for _ in range(2)
    }
    assert len(places) == 2
