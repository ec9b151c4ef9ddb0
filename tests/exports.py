"""What newsletter programs export, column for column, with readers nobody is."""

MAILCHIMP_HEADER = (
    "Email Address,First Name,Last Name,Address,Phone Number,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,"
    "CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,"
)
MAILCHIMP_SUBSCRIBED = f'''\
{MAILCHIMP_HEADER}LEID,EUID,NOTES,TAGS
reader1@porttide.example,First,Reader,14 Wharf Street,,2,2019-03-12 14:22:01,192.0.2.14,\
2019-03-12 14:25:40,192.0.2.15,,,,,,,,2024-01-05 10:00:00,371,a1,,"""Donors"",""Council watchers"""
'''
MAILCHIMP_UNSUBSCRIBED = f"""\
{MAILCHIMP_HEADER}UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,\
UNSUB_REASON_OTHER,LEID,EUID,NOTES,TAGS
gone1@porttide.example,Gone,Reader,,,2,2019-03-12 14:22:01,192.0.2.16,2019-03-12 14:25:40,\
192.0.2.16,,,,,,,,2021-06-01 08:00:00,2021-06-01 08:00:00,Weekly wrap,c7,NORMAL,,372,a2,,
"""
MAILCHIMP_CLEANED = f"""\
{MAILCHIMP_HEADER}CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID,LEID,EUID,NOTES,TAGS
bounced1@porttide.example,,,,,1,2018-01-02 03:04:05,,2018-01-02 03:04:05,,,,,,,,,\
2020-02-02 02:02:02,2020-02-02 02:02:02,Weekly wrap,c8,373,a3,,
"""
MAILCHIMP_NONSUBSCRIBED = f"""\
{MAILCHIMP_HEADER}LEID,EUID,NOTES,TAGS
buyer1@porttide.example,,,,,1,,,,,,,,,,,,2020-02-02 02:02:02,374,a4,,
"""
SUBSTACK = """\
email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at
reader1@porttide.example,false,,other,false,2023-05-06T07:08:09.123Z,
payer1@porttide.example,true,2027-01-01T00:00:00.000Z,yearly,false,2023-05-07T07:08:09.123Z,\
2023-05-07T07:10:00.000Z
gone1@porttide.example,false,,other,true,2022-05-06T07:08:09.123Z,
"""
GHOST = """\
id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,\
deleted_at,labels,tiers
641,reader1@porttide.example,First Reader,,true,,,2023-05-06T07:08:09.000Z,,Donors,
642,gone1@porttide.example,,,false,,,2022-05-06T07:08:09.000Z,,,
643,gone2@porttide.example,,,true,,,2022-05-06T07:08:09.000Z,2024-01-01T00:00:00.000Z,,
"""
BUTTONDOWN = """\
id,email,notes,type,tags,metadata,subscription_date,ip_address,unsubscription_date,\
unsubscription_reason
b1,reader1@porttide.example,,regular,donors,{},2023-05-06T07:08:09.123456+00:00,192.0.2.14,,
b2,payer1@porttide.example,,premium,,{},2023-05-07T07:08:09.123456+00:00,,,
b3,gone1@porttide.example,,unsubscribed,,{},2022-05-06T07:08:09.123456+00:00,,\
2024-01-01T00:00:00+00:00,too many mails
b4,bounced1@porttide.example,,undeliverable,,{},2022-05-06T07:08:09.123456+00:00,,,
b5,pending1@porttide.example,,unactivated,,{},2024-05-06T07:08:09.123456+00:00,,,
"""
LISTMONK = """\
uuid,email,name,attributes,status,created_at,updated_at
u1,reader1@porttide.example,First Reader,"{""town"": ""Port Kestrel""}",enabled,\
2024-03-01 10:00:00.123456789 +0000 UTC,2024-03-01 10:00:00.123456789 +0000 UTC
u2,blocked1@porttide.example,,{},blocklisted,2024-03-01 10:00:00 +0000 UTC,\
2024-03-02 10:00:00 +0000 UTC
u3,gone1@porttide.example,,{},disabled,2024-03-01 10:00:00 +0000 UTC,2024-03-02 10:00:00 +0000 UTC
"""
KEILA = """\
Email;First name;Last name;Data;Status;External ID
reader1@porttide.example;First;Reader;"{""town"": ""Port Kestrel""}";active;
gone1@porttide.example;;;;unsubscribed;
bounced1@porttide.example;;;;unreachable;x9
"""
