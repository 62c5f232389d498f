from weft.model.catalogue import Learned
from weft.profile.telling import propose_telling


def learned(record: str, *properties: str, kind: str = "string") -> list[Learned]:
    return [Learned("record", record, each, kind, 1) for each in ("", *properties)]


def test_contacts_are_recognised_by_their_names_in_any_spelling():
    known = [
        *learned("contact", "이름/姓名/name", "First Name", "LASTNAME", "person.mobile", "Address 1", "PLZ"),
        *learned("member", "이름", "생년월일", "POINT"),
        *learned("order", "email", "street", "total"),
        *learned("product", "name", "price"),
        *learned("ticket", "people[].name", "people[].email"),
        Learned("track", "Signed Up", "first_name", "string", 1),
    ]
    assert propose_telling(known) == {
        "contact": {
            "first_name": "First Name",
            "last_name": "LASTNAME",
            "phone": "person.mobile",
            "street": "Address 1",
            "postcode": "PLZ",
        },
        "member": {"name": "이름", "birth_date": "생년월일"},
    }


def test_orders_say_where_they_went_but_not_who_lives_there():
    known = [
        *learned("order", "email", "ship_city", "ShipPostalCode", "ship_street", "ship_phone", "total"),
        *(
            Learned("track", "Order Completed", f"shipping_address.{each}", "string", 1)
            for each in ("name", "address1", "city")
        ),
        Learned("track", "Order Completed", "billing_address.city", "string", 1),
        *learned("shipment", "ship_date", "ship_city", "carrier"),
    ]
    assert propose_telling(known) == {
        "Order Completed": {"street": "shipping_address.address1", "city": "shipping_address.city"},
        "order": {"street": "ship_street", "postcode": "ShipPostalCode", "city": "ship_city"},
    }


def test_what_is_no_plain_value_is_left_out():
    assert propose_telling(learned("contact", "name", "email", kind="object")) == {}
