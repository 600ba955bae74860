"""What a browser could ask over its connection and no page of ours asks."""

from streamlit.runtime.app_session import AppSession

from web import unheard


def test_it_is_not_done(monkeypatch):
    for name in unheard.UNHEARD:  # put back at the end
        monkeypatch.setattr(AppSession, name, getattr(AppSession, name))
    unheard.close()
    for name in unheard.UNHEARD:  # the real ones ask the session for things
        assert getattr(AppSession, name)(object()) is None


def test_streamlit_has_no_other_message_than_those_looked_at():
    """A new one has to be looked at: whoever stands at the sign-in page may send it."""
    from streamlit.proto.BackMsg_pb2 import BackMsg

    assert {f.name for f in BackMsg.DESCRIPTOR.oneofs_by_name["type"].fields} == {
        "app_heartbeat", "backend_operation_request", "clear_cache", "debug_disconnect_websocket",
        "debug_shutdown_runtime", "file_urls_request", "load_git_info", "rerun_script",
        "set_run_on_save", "stop_script",
    }  # fmt: skip
