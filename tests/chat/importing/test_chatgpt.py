"""ChatGPT's conversations.json, in the shapes that are seen."""

from __future__ import annotations

from typing import Any

from tests.chat.importing.conftest import Desk

T = 1_706_745_600.25


def node(
    key: str,
    parent: str | None,
    role: str | None = None,
    text: str = "",
    *,
    at: float | None = T,
    content: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A node of a mapping; without a role it is one without a message."""
    message = None
    if role is not None:
        message = {
            "id": key,
            "author": {"role": role, "name": None, "metadata": {}},
            "create_time": at,
            "content": content or {"content_type": "text", "parts": [text]},
            "status": "finished_successfully",
            "end_turn": True,
            "weight": 1.0,
            "metadata": {"model_slug": "gpt-4o"} if role == "assistant" else {},
            "recipient": "all",
            **more,
        }
    return {"id": key, "message": message, "parent": parent, "children": []}


def conversation(*nodes: dict[str, Any], **more: Any) -> dict[str, Any]:
    mapping = {one["id"]: one for one in nodes}
    for one in nodes:
        if one["parent"] in mapping:
            mapping[one["parent"]]["children"].append(one["id"])
    return {
        "title": "Capitals",
        "create_time": T,
        "update_time": T + 60,
        "mapping": mapping,
        "moderation_results": [],
        "current_node": nodes[-1]["id"] if nodes else None,
        "conversation_id": "c0ffee",
        "is_archived": False,
        **more,
    }


def plain() -> dict[str, Any]:
    return conversation(
        node("root", None),
        node("system", "root", "system", ""),
        node("q1", "system", "user", "What is the capital of France?"),
        node("a1", "q1", "assistant", "Paris.", at=T + 1),
        node("q2", "a1", "user", "And of Spain?", at=T + 2),
        node("a2", "q2", "assistant", "Madrid.", at=T + 3),
    )


def test_a_conversation_comes_with_its_texts_models_and_times(desk: Desk) -> None:
    done = desk.take_in([plain()])

    taken = desk.only()
    assert (done.state, done.report["changes"]) == ("done", {})
    assert taken.title == "Capitals"
    assert taken.source == "chatgpt:c0ffee"
    assert taken.created_at.timestamp() == T
    assert taken.updated_at.timestamp() == T + 60
    assert [(one.role, one.text, one.model) for one in taken.branch()] == [
        ("user", "What is the capital of France?", None),
        ("assistant", "Paris.", "chatgpt/gpt-4o"),
        ("user", "And of Spain?", None),
        ("assistant", "Madrid.", "chatgpt/gpt-4o"),
    ]
    assert [one.created_at.timestamp() for one in taken.branch()] == [T, T + 1, T + 2, T + 3]


def test_edited_questions_come_as_branches_and_the_shown_one_is_shown(desk: Desk) -> None:
    edited = conversation(
        node("root", None),
        node("q1", "root", "user", "First try"),
        node("a1", "q1", "assistant", "To the first"),
        node("q2", "root", "user", "Second try", at=T + 9),
        node("a2", "q2", "assistant", "To the second", at=T + 10),
        current_node="a1",
    )

    desk.take_in([edited])

    taken = desk.only()
    assert [one.text for one in taken.branch()] == ["First try", "To the first"]
    assert [one.text for one in taken.messages if one.parent_id is None] == [
        "First try",
        "Second try",
    ]


def test_what_is_no_text_of_people_is_left_out_and_counted(desk: Desk) -> None:
    image = {
        "content_type": "multimodal_text",
        "parts": [{"content_type": "image_asset_pointer", "asset_pointer": "x"}, "Look at this"],
    }
    code = {"content_type": "code", "language": "python", "text": "print(1)"}
    thoughts = {"content_type": "thoughts", "thoughts": [{"content": "Hm"}]}
    output = {"content_type": "execution_output", "text": "1"}
    mixed = conversation(
        node("root", None),
        node(
            "about",
            "root",
            "user",
            content={"content_type": "user_editable_context", "user_profile": "I am", "text": "x"},
        ),
        node("q", "about", "user", content=image),
        node("think", "q", "assistant", content=thoughts),
        node("call", "think", "assistant", content=code, recipient="python"),
        node("tool", "call", "tool", content=output),
        node("a", "tool", "assistant", "A cat \ue200cite\ue202turn0search0\ue201."),
    )

    done = desk.take_in([mixed])

    assert [one.text for one in desk.only().branch()] == ["Look at this", "A cat ."]
    assert done.report["changes"] == {
        "hidden": 1,
        "not_text": 1,
        "references": 1,
        "thoughts": 1,
        "tool": 2,
    }


def test_an_answer_in_steps_is_joined(desk: Desk) -> None:
    steps = conversation(
        node("q", None, "user", "Count"),
        node("a1", "q", "assistant", "One."),
        node("tool", "a1", "tool", "…"),
        node("a2", "tool", "assistant", "Two."),
    )

    done = desk.take_in([steps])

    assert [one.text for one in desk.only().branch()] == ["Count", "One.\n\nTwo."]
    assert done.report["changes"] == {"joined": 1, "tool": 1}


def test_a_conversation_without_any_text_is_left_out_by_name(desk: Desk) -> None:
    done = desk.take_in([conversation(node("root", None), title="Nothing"), plain()])

    assert len(desk.conversations()) == 1
    assert done.report["unreadable_titles"] == [["Nothing", "no_messages"]]


def test_the_same_file_again_brings_nothing_twice(desk: Desk) -> None:
    desk.take_in([plain()])

    again = desk.take_in([plain(), plain()])

    assert len(desk.conversations()) == 1
    assert (again.report["conversations"], again.report["here"]) == (0, 2)
    assert again.report["here_titles"] == ["Capitals", "Capitals"]


def test_archived_and_starred_conversations_stay_so(desk: Desk) -> None:
    desk.take_in([{**plain(), "is_archived": True, "is_starred": True}])

    taken = desk.only()
    assert taken.archived_at is not None
    assert taken.pinned_at is not None
