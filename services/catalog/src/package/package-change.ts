import { releasePackageEvents } from '@slipway/contracts'
import { type ChangeOf, emit, type Parameters, parametersOf } from '@slipway/store'
import { expressionBuilder, type QueryCreator, type Selectable, sql } from 'kysely'
import { jsonBuildObject } from 'kysely/helpers/postgres'
import { recordIn } from '../audit/record-audit.ts'
import type { Database } from '../database.ts'
import { prepare } from '../sql.ts'
import type { AuthorParameters } from './package-write.ts'

type Changed = Selectable<Database['release_package']>
type Changing = ChangeOf<Database, 'release_package'>
const eb = expressionBuilder<{ changed: Changed }, 'changed'>()
const told = { release_package_id: eb.ref('changed.release_package_id'), member: eb.ref('changed.member') }
const isLicensed = eb('changed.license_updated_at', 'is not', null).$castTo<boolean>()

/** What an event tells of the row `changed`, and what one of a change does. */
const briefly = jsonBuildObject(told)
export const packageState = jsonBuildObject({ ...told, priority: eb.ref('changed.priority'), licensed: isLicensed })

/** A change with its event and its entry in the trail. */
export function prepareChange<Given>(
  name: string,
  verb: keyof typeof releasePackageEvents,
  trail: string,
  change: (db: QueryCreator<Database>, p: Parameters<AuthorParameters & Given>) => Changing,
) {
  const p = parametersOf<AuthorParameters & Given>()
  const author = parametersOf<AuthorParameters>()
  const { created, updated, deleted } = releasePackageEvents
  return prepare<AuthorParameters & Given>()(name, db =>
    db
      .with('changed', () => change(db, p))
      .with('told', q => {
        const rows = q
          .selectFrom('changed')
          .select(c => [
            c.cast<string>('release_package_id', 'text').as('aggregate'),
            'seq as sequence',
            author.actor.as('actor'),
            author.traceparent.as('traceparent'),
          ])
          .orderBy('release_package_id')
        if (verb === 'updated') return emit(q, updated, rows.select(packageState.as('data')))
        return emit(q, verb === 'created' ? created : deleted, rows.select(briefly.as('data')))
      })
      .with('recorded', q =>
        recordIn(
          q,
          ['release_package_id'],
          q
            .selectFrom('changed')
            .select(c => [
              author.principal.as('principal'),
              sql.lit(trail).as('type'),
              sql`jsonb_build_object('releasePackage.name', ${c.fn.coalesce('name', sql.lit(''))})`.as('data'),
              'release_package_id',
            ]),
        ),
      )
      .selectFrom('changed')
      .select('release_package_id'),
  )
}
