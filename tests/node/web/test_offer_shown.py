"""An offer in words: languages in the reader's order, names of codes, who is who."""

from node.text import translator
from node.web.offer_shown import OfferWords, ShownOffer, coops_in
from protocol import trade
from protocol.values import Blob, Decimal

ONE, OTHER = bytes([1]) * 32, bytes([2]) * 32
PROOF = Blob(alt={"en": "Certificate"}, bytes=120_400, hash=ONE, type="application/pdf")
FIELDS = trade.Offer(
    title={"en": "Coffee", "sw": "Kahawa"},
    text={"es": "Un café"},
    item=trade.Item(hs="090111"),
    prices=(trade.Price(currency="KES", exponent=2, minor=100),),
    fair=(
        trade.Fair(
            scheme="fairmondo/fair_trust",
            answers={"support": trade.Answer(yes=True, checked=("longterm", "our-own"), other="x")},
            evidence=(PROOF,),
            confirmed_by=(OTHER,),
        ),
        trade.Fair(scheme="village_council"),
    ),
    fees=(trade.Fee(kind="solidarity", payee=ONE),),
    provenance=trade.Provenance(producer_coop=OTHER),
)
WORDS = OfferWords("en", translator("en"))


def shown(*languages: str) -> ShownOffer:
    return ShownOffer(FIELDS, languages, {OTHER: "Fishers"})


def test_the_readers_language_comes_first_and_none_is_left_out() -> None:
    assert [one.language for one in shown("sw", "en").wordings()] == ["sw", "en", "es"]
    first = shown("es").wordings()[0]
    assert (first.language, first.title, first.text) == ("es", "", "Un café")


def test_who_is_named_is_known_by_name() -> None:
    assert coops_in(FIELDS) == {ONE, OTHER}
    assert shown("en").coop(OTHER).name == "Fishers"
    assert shown("en").coop(ONE).name == ""


def test_claims_are_told_in_words_and_what_is_not_ours_as_it_was_written() -> None:
    trusted, own = WORDS.claims(shown("en"))
    (answer,) = trusted.answers
    assert (answer.words.text, answer.yes) == ("Producers are supported", True)
    assert [(one.text, one.is_said) for one in answer.boxes] == [
        ("long-term contracts", False), ("our own", True),
    ]  # fmt: skip
    assert answer.more == ["x"]
    (proof,) = trusted.evidence
    assert (proof.alt, proof.kind, proof.kilobytes) == ("Certificate", "PDF", 121)
    assert [one.name for one in trusted.confirmed_by] == ["Fishers"]
    assert (own.scheme.text, own.scheme.is_said) == ("village council", True)


def test_goods_are_named_from_the_widest_on() -> None:
    assert len(shown("en").goods()) == 3
    assert shown("en").goods()[0].startswith("Coffee, tea")


def test_amounts_and_clauses() -> None:
    assert "12" in WORDS.money(1200, FIELDS)
    assert WORDS.money(1200, trade.Offer(title={"en": "x"})) == "1,200"
    clause = WORDS.clause("FOB")
    assert clause is not None
    assert clause.name == "Free on board"
    assert WORDS.clause("ABC") is None
    assert WORDS.amount(Decimal(6, 1), "KGM") == "60 kg"
    assert WORDS.host("https://example.org/a") == "example.org"
