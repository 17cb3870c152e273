from django.urls import path, re_path

from publishing import (
    account_views,
    board_views,
    package_views,
    stop_views,
    story_views,
    timing_views,
    views,
)

app_name = "publishing"

urlpatterns = [
    path("releases/", views.release_list, name="releases"),
    path("releases/<int:pk>/", views.release_detail, name="release"),
    path("releases/<int:pk>/cost/", package_views.cost, name="cost"),
    path("releases/<int:pk>/package/", package_views.package, name="package"),
    path("releases/<int:pk>/board/", board_views.board, name="board"),
    path("releases/<int:pk>/board/rehearse/", board_views.rehearse, name="rehearse"),
    re_path(
        r"^releases/(?P<pk>\d+)/board/(?P<act>sign|override|confirm)/$",
        board_views.board_act,
        name="board-act",
    ),
    re_path(
        r"^releases/(?P<pk>\d+)/(?P<act>hold|resume|cancel|send_late|drop|exclude_rest)/$",
        views.release_act,
        name="release-act",
    ),
    re_path(
        r"^releases/(?P<pk>\d+)/parts/(?P<format>[a-z]+)/(?P<act>continue|take_up|withdraw)/$",
        views.part_act,
        name="part-act",
    ),
    path("ledger/", views.ledger, name="ledger"),
    path("ledger/<int:pk>/", views.delivery_detail, name="delivery"),
    path("ledger/<int:pk>/settle/", views.delivery_settle, name="delivery-settle"),
    path("ledger/<int:pk>/retry/", views.delivery_retry, name="delivery-retry"),
    path("ledger/<int:pk>/archive/", views.delivery_archive, name="delivery-archive"),
    path("ledger/<int:pk>/mail/", story_views.delivery_mail, name="delivery-mail"),
    path("ledger/<int:pk>/mail/frame/", story_views.delivery_frame, name="delivery-frame"),
    path("ledger/<int:pk>/mail/bytes/", story_views.delivery_bytes, name="delivery-bytes"),
    path("uncertain/", story_views.uncertain_desk, name="uncertain"),
    path("uncertain/settle/", story_views.uncertain_settle, name="uncertain-settle"),
    path("readers/<int:pk>/", story_views.reader_story, name="story"),
    path("accounts/", account_views.account_list, name="accounts"),
    path("accounts/connected/", account_views.account_connected, name="account-connected"),
    path("accounts/<int:pk>/", account_views.account_detail, name="account"),
    path("accounts/<int:pk>/connect/", account_views.account_connect, name="account-connect"),
    re_path(
        r"^accounts/(?P<pk>\d+)/(?P<act>check|refresh|disconnect)/$",
        account_views.account_act,
        name="account-act",
    ),
    path(
        "accounts/<int:pk>/passport/<str:name>/",
        account_views.passport_value,
        name="passport-value",
    ),
    path(
        "accounts/<int:pk>/values/<int:value>/restore/",
        account_views.passport_restore,
        name="passport-restore",
    ),
    path("cadences/", timing_views.cadence_list, name="cadences"),
    path("drafts/<int:pk>/rollout/", timing_views.rollout, name="rollout"),
    path("presses/stop/", stop_views.stop_presses, name="stop"),
    path("presses/<int:pk>/lift/", stop_views.stop_lift, name="lift"),
    path("presses/links/", stop_views.stop_link_list, name="stop-links"),
    path("presses/links/add/", stop_views.stop_link_add, name="stop-link-add"),
    path("presses/links/<int:pk>/revoke/", stop_views.stop_link_revoke, name="stop-link-revoke"),
    path("installation/", stop_views.installation_page, name="installation"),
    path("installation/claim/", stop_views.installation_claim, name="installation-claim"),
]
