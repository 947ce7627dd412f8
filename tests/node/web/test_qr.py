from node.web import qr


def test_the_picture_has_no_style_and_its_own_white() -> None:
    shown = qr.svg("coopinvite:" + "x" * 700).decode()
    assert shown.startswith("<svg")
    assert "style=" not in shown
    assert 'fill="#fff"' in shown


def test_an_answer_is_a_picture() -> None:
    assert qr.answer("coopinvite:x").content_type == "image/svg+xml"
