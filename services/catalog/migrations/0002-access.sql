-- Who may have release packages: members, affiliates, their applications, and the trail of who did what.

-- Ids of everything that the MLDS API names: never the same for two things, of whatever kind.
create sequence entity_id;

create table member (
  member_id                bigint           not null default nextval('entity_id'),
  -- Number of its last event.
  seq                      bigint           not null default 0,
  key                      text collate "C" not null,
  created_at               timestamptz      not null default now(),
  name                     text             not null,
  license_name             text,
  license_version          text,
  -- The bytes are the blob `member/{key}/license`; all of these are null while there are none.
  license_file_id          bigint,
  license_filename         text,
  license_mimetype         text,
  license_updated_at       timestamptz,
  promote_packages         boolean,
  contact_email            text,
  member_org_name          text,
  member_org_url           text,
  staff_notification_email text,
  constraint member_pkey primary key (key),
  constraint member_id_key unique (member_id)
);

insert into member (key, name) values
  ('AU', 'Australia'), ('BE', 'Belgium'), ('BN', 'Brunei'), ('CA', 'Canada'), ('CL', 'Chile'), ('CZ', 'Czech Republic'),
  ('DK', 'Denmark'), ('EE', 'Estonia'), ('ES', 'Spain'), ('GB', 'United Kingdom'), ('HK', 'Hong Kong, China'),
  ('IHTSDO', 'SNOMED International'), ('IL', 'Israel'), ('IN', 'India'), ('IS', 'Iceland'), ('LT', 'Lithuania'),
  ('MT', 'Malta'), ('MY', 'Malaysia'), ('NL', 'Netherlands'), ('NZ', 'New Zealand'), ('PL', 'Poland'),
  ('PT', 'Portugal'), ('SE', 'Sweden'), ('SG', 'Singapore'), ('SI', 'Slovenia'), ('SK', 'Slovakia'),
  ('US', 'United States'), ('UY', 'Uruguay');

-- ISO 3166-1. Whether people register elsewhere is for operators to set.
create table country (
  iso_code2                  text collate "C" not null,
  iso_code3                  text collate "C" not null,
  common_name                text             not null,
  exclude_usage              boolean          not null default false,
  alternate_registration_url text,
  constraint country_pkey primary key (iso_code2)
);

insert into country (iso_code2, iso_code3, common_name) values
  ('AD', 'AND', 'Andorra'), ('AE', 'ARE', 'United Arab Emirates'), ('AF', 'AFG', 'Afghanistan'),
  ('AG', 'ATG', 'Antigua and Barbuda'), ('AI', 'AIA', 'Anguilla'), ('AL', 'ALB', 'Albania'), ('AM', 'ARM', 'Armenia'),
  ('AO', 'AGO', 'Angola'), ('AQ', 'ATA', 'Antarctica'), ('AR', 'ARG', 'Argentina'), ('AS', 'ASM', 'American Samoa'),
  ('AT', 'AUT', 'Austria'), ('AU', 'AUS', 'Australia'), ('AW', 'ABW', 'Aruba'), ('AX', 'ALA', 'Åland Islands'),
  ('AZ', 'AZE', 'Azerbaijan'), ('BA', 'BIH', 'Bosnia and Herzegovina'), ('BB', 'BRB', 'Barbados'),
  ('BD', 'BGD', 'Bangladesh'), ('BE', 'BEL', 'Belgium'), ('BF', 'BFA', 'Burkina Faso'), ('BG', 'BGR', 'Bulgaria'),
  ('BH', 'BHR', 'Bahrain'), ('BI', 'BDI', 'Burundi'), ('BJ', 'BEN', 'Benin'), ('BL', 'BLM', 'Saint Barthélemy'),
  ('BM', 'BMU', 'Bermuda'), ('BN', 'BRN', 'Brunei Darussalam'), ('BO', 'BOL', 'Bolivia'),
  ('BQ', 'BES', 'Bonaire, Sint Eustatius and Saba'), ('BR', 'BRA', 'Brazil'), ('BS', 'BHS', 'Bahamas'),
  ('BT', 'BTN', 'Bhutan'), ('BV', 'BVT', 'Bouvet Island'), ('BW', 'BWA', 'Botswana'), ('BY', 'BLR', 'Belarus'),
  ('BZ', 'BLZ', 'Belize'), ('CA', 'CAN', 'Canada'), ('CC', 'CCK', 'Cocos (Keeling) Islands'),
  ('CD', 'COD', 'Democratic Republic of the Congo'), ('CF', 'CAF', 'Central African Republic'),
  ('CG', 'COG', 'Republic of the Congo'), ('CH', 'CHE', 'Switzerland'), ('CI', 'CIV', 'Cote d''Ivoire'),
  ('CK', 'COK', 'Cook Islands'), ('CL', 'CHL', 'Chile'), ('CM', 'CMR', 'Cameroon'),
  ('CN', 'CHN', 'People''s Republic of China'), ('CO', 'COL', 'Colombia'), ('CR', 'CRI', 'Costa Rica'),
  ('CU', 'CUB', 'Cuba'), ('CV', 'CPV', 'Cape Verde'), ('CW', 'CUW', 'Curaçao'), ('CX', 'CXR', 'Christmas Island'),
  ('CY', 'CYP', 'Cyprus'), ('CZ', 'CZE', 'Czechia'), ('DE', 'DEU', 'Germany'), ('DJ', 'DJI', 'Djibouti'),
  ('DK', 'DNK', 'Denmark'), ('DM', 'DMA', 'Dominica'), ('DO', 'DOM', 'Dominican Republic'), ('DZ', 'DZA', 'Algeria'),
  ('EC', 'ECU', 'Ecuador'), ('EE', 'EST', 'Estonia'), ('EG', 'EGY', 'Egypt'), ('EH', 'ESH', 'Western Sahara'),
  ('ER', 'ERI', 'Eritrea'), ('ES', 'ESP', 'Spain'), ('ET', 'ETH', 'Ethiopia'), ('FI', 'FIN', 'Finland'),
  ('FJ', 'FJI', 'Fiji'), ('FK', 'FLK', 'Falkland Islands (Malvinas)'),
  ('FM', 'FSM', 'Micronesia, Federated States of'), ('FO', 'FRO', 'Faroe Islands'), ('FR', 'FRA', 'France'),
  ('GA', 'GAB', 'Gabon'), ('GB', 'GBR', 'United Kingdom'), ('GD', 'GRD', 'Grenada'), ('GE', 'GEO', 'Georgia'),
  ('GF', 'GUF', 'French Guiana'), ('GG', 'GGY', 'Guernsey'), ('GH', 'GHA', 'Ghana'), ('GI', 'GIB', 'Gibraltar'),
  ('GL', 'GRL', 'Greenland'), ('GM', 'GMB', 'Republic of The Gambia'), ('GN', 'GIN', 'Guinea'),
  ('GP', 'GLP', 'Guadeloupe'), ('GQ', 'GNQ', 'Equatorial Guinea'), ('GR', 'GRC', 'Greece'),
  ('GS', 'SGS', 'South Georgia and the South Sandwich Islands'), ('GT', 'GTM', 'Guatemala'), ('GU', 'GUM', 'Guam'),
  ('GW', 'GNB', 'Guinea-Bissau'), ('GY', 'GUY', 'Guyana'), ('HK', 'HKG', 'Hong Kong'),
  ('HM', 'HMD', 'Heard Island and McDonald Islands'), ('HN', 'HND', 'Honduras'), ('HR', 'HRV', 'Croatia'),
  ('HT', 'HTI', 'Haiti'), ('HU', 'HUN', 'Hungary'), ('ID', 'IDN', 'Indonesia'), ('IE', 'IRL', 'Ireland'),
  ('IL', 'ISR', 'Israel'), ('IM', 'IMN', 'Isle of Man'), ('IN', 'IND', 'India'),
  ('IO', 'IOT', 'British Indian Ocean Territory'), ('IQ', 'IRQ', 'Iraq'), ('IR', 'IRN', 'Islamic Republic of Iran'),
  ('IS', 'ISL', 'Iceland'), ('IT', 'ITA', 'Italy'), ('JE', 'JEY', 'Jersey'), ('JM', 'JAM', 'Jamaica'),
  ('JO', 'JOR', 'Jordan'), ('JP', 'JPN', 'Japan'), ('KE', 'KEN', 'Kenya'), ('KG', 'KGZ', 'Kyrgyzstan'),
  ('KH', 'KHM', 'Cambodia'), ('KI', 'KIR', 'Kiribati'), ('KM', 'COM', 'Comoros'),
  ('KN', 'KNA', 'Saint Kitts and Nevis'), ('KP', 'PRK', 'North Korea'), ('KR', 'KOR', 'South Korea'),
  ('KW', 'KWT', 'Kuwait'), ('KY', 'CYM', 'Cayman Islands'), ('KZ', 'KAZ', 'Kazakhstan'),
  ('LA', 'LAO', 'Lao People''s Democratic Republic'), ('LB', 'LBN', 'Lebanon'), ('LC', 'LCA', 'Saint Lucia'),
  ('LI', 'LIE', 'Liechtenstein'), ('LK', 'LKA', 'Sri Lanka'), ('LR', 'LBR', 'Liberia'), ('LS', 'LSO', 'Lesotho'),
  ('LT', 'LTU', 'Lithuania'), ('LU', 'LUX', 'Luxembourg'), ('LV', 'LVA', 'Latvia'), ('LY', 'LBY', 'Libya'),
  ('MA', 'MAR', 'Morocco'), ('MC', 'MCO', 'Monaco'), ('MD', 'MDA', 'Moldova, Republic of'),
  ('ME', 'MNE', 'Montenegro'), ('MF', 'MAF', 'Saint Martin (French part)'), ('MG', 'MDG', 'Madagascar'),
  ('MH', 'MHL', 'Marshall Islands'), ('MK', 'MKD', 'The Republic of North Macedonia'), ('ML', 'MLI', 'Mali'),
  ('MM', 'MMR', 'Myanmar'), ('MN', 'MNG', 'Mongolia'), ('MO', 'MAC', 'Macao'),
  ('MP', 'MNP', 'Northern Mariana Islands'), ('MQ', 'MTQ', 'Martinique'), ('MR', 'MRT', 'Mauritania'),
  ('MS', 'MSR', 'Montserrat'), ('MT', 'MLT', 'Malta'), ('MU', 'MUS', 'Mauritius'), ('MV', 'MDV', 'Maldives'),
  ('MW', 'MWI', 'Malawi'), ('MX', 'MEX', 'Mexico'), ('MY', 'MYS', 'Malaysia'), ('MZ', 'MOZ', 'Mozambique'),
  ('NA', 'NAM', 'Namibia'), ('NC', 'NCL', 'New Caledonia'), ('NE', 'NER', 'Niger'), ('NF', 'NFK', 'Norfolk Island'),
  ('NG', 'NGA', 'Nigeria'), ('NI', 'NIC', 'Nicaragua'), ('NL', 'NLD', 'Netherlands'), ('NO', 'NOR', 'Norway'),
  ('NP', 'NPL', 'Nepal'), ('NR', 'NRU', 'Nauru'), ('NU', 'NIU', 'Niue'), ('NZ', 'NZL', 'New Zealand'),
  ('OM', 'OMN', 'Oman'), ('PA', 'PAN', 'Panama'), ('PE', 'PER', 'Peru'), ('PF', 'PYF', 'French Polynesia'),
  ('PG', 'PNG', 'Papua New Guinea'), ('PH', 'PHL', 'Philippines'), ('PK', 'PAK', 'Pakistan'), ('PL', 'POL', 'Poland'),
  ('PM', 'SPM', 'Saint Pierre and Miquelon'), ('PN', 'PCN', 'Pitcairn'), ('PR', 'PRI', 'Puerto Rico'),
  ('PS', 'PSE', 'State of Palestine'), ('PT', 'PRT', 'Portugal'), ('PW', 'PLW', 'Palau'), ('PY', 'PRY', 'Paraguay'),
  ('QA', 'QAT', 'Qatar'), ('RE', 'REU', 'Reunion'), ('RO', 'ROU', 'Romania'), ('RS', 'SRB', 'Serbia'),
  ('RU', 'RUS', 'Russian Federation'), ('RW', 'RWA', 'Rwanda'), ('SA', 'SAU', 'Saudi Arabia'),
  ('SB', 'SLB', 'Solomon Islands'), ('SC', 'SYC', 'Seychelles'), ('SD', 'SDN', 'Sudan'), ('SE', 'SWE', 'Sweden'),
  ('SG', 'SGP', 'Singapore'), ('SH', 'SHN', 'Saint Helena'), ('SI', 'SVN', 'Slovenia'),
  ('SJ', 'SJM', 'Svalbard and Jan Mayen'), ('SK', 'SVK', 'Slovakia'), ('SL', 'SLE', 'Sierra Leone'),
  ('SM', 'SMR', 'San Marino'), ('SN', 'SEN', 'Senegal'), ('SO', 'SOM', 'Somalia'), ('SR', 'SUR', 'Suriname'),
  ('SS', 'SSD', 'South Sudan'), ('ST', 'STP', 'Sao Tome and Principe'), ('SV', 'SLV', 'El Salvador'),
  ('SX', 'SXM', 'Sint Maarten (Dutch part)'), ('SY', 'SYR', 'Syrian Arab Republic'), ('SZ', 'SWZ', 'Eswatini'),
  ('TC', 'TCA', 'Turks and Caicos Islands'), ('TD', 'TCD', 'Chad'), ('TF', 'ATF', 'French Southern Territories'),
  ('TG', 'TGO', 'Togo'), ('TH', 'THA', 'Thailand'), ('TJ', 'TJK', 'Tajikistan'), ('TK', 'TKL', 'Tokelau'),
  ('TL', 'TLS', 'Timor-Leste'), ('TM', 'TKM', 'Turkmenistan'), ('TN', 'TUN', 'Tunisia'), ('TO', 'TON', 'Tonga'),
  ('TR', 'TUR', 'Türkiye'), ('TT', 'TTO', 'Trinidad and Tobago'), ('TV', 'TUV', 'Tuvalu'),
  ('TW', 'TWN', 'Taiwan, Province of China'), ('TZ', 'TZA', 'United Republic of Tanzania'), ('UA', 'UKR', 'Ukraine'),
  ('UG', 'UGA', 'Uganda'), ('UM', 'UMI', 'United States Minor Outlying Islands'), ('US', 'USA', 'United States'),
  ('UY', 'URY', 'Uruguay'), ('UZ', 'UZB', 'Uzbekistan'), ('VA', 'VAT', 'Holy See (Vatican City State)'),
  ('VC', 'VCT', 'Saint Vincent and the Grenadines'), ('VE', 'VEN', 'Venezuela'),
  ('VG', 'VGB', 'Virgin Islands, British'), ('VI', 'VIR', 'Virgin Islands, U.S.'), ('VN', 'VNM', 'Vietnam'),
  ('VU', 'VUT', 'Vanuatu'), ('WF', 'WLF', 'Wallis and Futuna'), ('WS', 'WSM', 'Samoa'), ('YE', 'YEM', 'Yemen'),
  ('YT', 'MYT', 'Mayotte'), ('ZA', 'ZAF', 'South Africa'), ('ZM', 'ZMB', 'Zambia'), ('ZW', 'ZWE', 'Zimbabwe');

-- What is known here of the accounts of the platform, as their events tell: enough to write to people. What people
-- want to be told is kept here alone.
create table account_profile (
  user_id                    bigint           not null default nextval('entity_id'),
  -- In lower case.
  login                      text collate "C" not null,
  first_name                 text,
  last_name                  text,
  email                      text,
  lang_key                   text             not null default 'en',
  activated                  boolean          not null default true,
  accept_notifications       boolean          not null default true,
  country_notifications_only boolean          not null default false,
  -- Of the last event that counted; null: known only from a call.
  sequence                   bigint,
  removed                    boolean          not null default false,
  constraint account_profile_pkey primary key (login),
  constraint account_profile_user_id_key unique (user_id)
);

-- Details of affiliates are a document: they are copied as a whole from applications to affiliates and back.
create table affiliate (
  affiliate_id    bigint           not null default nextval('entity_id'),
  -- Number of its last event.
  seq             bigint           not null default 1,
  created_at      timestamptz      not null default now(),
  -- The login, in lower case; null: nobody signs in for it.
  creator         text collate "C",
  import_key      text,
  home_member     text collate "C" not null,
  standing        text             not null default 'APPLYING',
  details         jsonb            not null,
  notes_internal  text,
  -- What the public check and the full text of lists look through; parts are divided by a character that nobody types.
  checked_text    text             not null generated always as (lower(
    coalesce(details ->> 'lastName', '') || E'\x1f' || coalesce(details ->> 'firstName', '') || E'\x1f' ||
    coalesce(details ->> 'organizationName', '') || E'\x1f' || coalesce(details #>> '{address,street}', '') || E'\x1f' ||
    coalesce(details ->> 'email', '') || E'\x1f' || coalesce(details ->> 'alternateEmail', '') || E'\x1f' ||
    coalesce(details ->> 'thirdEmail', ''))) stored,
  constraint affiliate_pkey primary key (affiliate_id),
  constraint affiliate_creator_key unique (creator),
  constraint affiliate_home_member foreign key (home_member) references member,
  constraint affiliate_standing_known check (standing in ('APPLYING', 'PENDING_INVOICE', 'INVOICE_SENT',
    'IN_GOOD_STANDING', 'DEACTIVATION_PENDING', 'DEACTIVATED', 'DEREGISTERED', 'REJECTED'))
);
create index affiliate_of_home_member on affiliate (home_member, standing);

create table application (
  application_id   bigint           not null default nextval('entity_id'),
  seq              bigint           not null default 1,
  application_type text             not null,
  affiliate_id     bigint           not null,
  -- The login of the affiliate when it was made.
  username         text collate "C" not null,
  member           text collate "C" not null,
  state            text             not null default 'NOT_SUBMITTED',
  created_at       timestamptz      not null default now(),
  submitted_at     timestamptz,
  completed_at     timestamptz,
  details          jsonb            not null,
  notes_internal   text,
  -- Of an extension.
  reason           text,
  -- Of a primary application.
  snomed_license   boolean          not null default false,
  constraint application_pkey primary key (application_id),
  constraint application_affiliate foreign key (affiliate_id) references affiliate,
  constraint application_member foreign key (member) references member,
  constraint application_type_known check (application_type in ('PRIMARY', 'EXTENSION', 'IMPORT')),
  constraint application_state_known check (state in ('NOT_SUBMITTED', 'CHANGE_REQUESTED', 'SUBMITTED', 'RESUBMITTED',
    'REVIEW_REQUESTED', 'APPROVED', 'REJECTED'))
);
create unique index application_primary on application (affiliate_id) where application_type = 'PRIMARY';
create index application_of_affiliate on application (affiliate_id, application_id);
create index application_of_member on application (member, state, application_id);

-- Rows stay when what they tell of is gone, so nothing here refers to other tables.
create table audit_event (
  audit_event_id     bigint      not null default nextval('entity_id'),
  recorded_at        timestamptz not null default clock_timestamp(),
  -- The login in lower case, or who else acted.
  principal          text        not null,
  type               text        not null,
  -- Texts by name.
  data               jsonb       not null default '{}',
  release_package_id bigint,
  release_version_id bigint,
  release_file_id    bigint,
  affiliate_id       bigint,
  application_id     bigint,
  constraint audit_event_pkey primary key (audit_event_id)
);
create index audit_event_by_time on audit_event (recorded_at);
create index audit_event_by_type on audit_event (type, recorded_at);
create index audit_event_of_affiliate on audit_event (affiliate_id, recorded_at) where affiliate_id is not null;
create index audit_event_of_application on audit_event (application_id, recorded_at) where application_id is not null;
