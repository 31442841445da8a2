import { affiliateEndpoints } from './access/affiliate.endpoints.ts'
import { affiliateLoginEndpoints } from './access/affiliate-login.endpoints.ts'
import { applicationEndpoints } from './access/application.endpoints.ts'
import { auditEndpoints } from './access/audit.endpoints.ts'
import { commercialUsageEndpoints } from './access/commercial-usage.endpoints.ts'
import { countryEndpoints } from './access/country.endpoints.ts'
import { memberEndpoints } from './access/member.endpoints.ts'
import { memberLicenseEndpoints } from './access/member-license.endpoints.ts'
import { ownAccountEndpoints } from './access/own-account.endpoints.ts'
import { passwordResetEndpoints } from './access/password-reset.endpoints.ts'
import { registrationEndpoints } from './access/registration.endpoints.ts'
import { sessionEndpoints } from './access/session.endpoints.ts'
import { userEndpoints } from './access/user.endpoints.ts'
import { downloadEndpoints } from './download/download.endpoints.ts'
import type { Endpoint } from './endpoint.ts'
import { feedEndpoints } from './feed.endpoints.ts'
import { fileEndpoints } from './file.endpoints.ts'
import { licenceEndpoints } from './licence.endpoints.ts'
import { packageEndpoints } from './package.endpoints.ts'
import { packageStudyEndpoints } from './package-study.endpoints.ts'
import { versionEndpoints } from './version.endpoints.ts'

/** Every method of every path of this API: what is served, and what is described. */
export const endpoints: readonly Endpoint[] = [
  ...affiliateEndpoints,
  ...affiliateLoginEndpoints,
  ...applicationEndpoints,
  ...auditEndpoints,
  ...commercialUsageEndpoints,
  ...countryEndpoints,
  ...memberEndpoints,
  ...memberLicenseEndpoints,
  ...registrationEndpoints,
  ...sessionEndpoints,
  ...userEndpoints,
  ...ownAccountEndpoints,
  ...passwordResetEndpoints,
  ...packageEndpoints,
  ...packageStudyEndpoints,
  ...versionEndpoints,
  ...licenceEndpoints,
  ...fileEndpoints,
  ...feedEndpoints,
  ...downloadEndpoints,
]
