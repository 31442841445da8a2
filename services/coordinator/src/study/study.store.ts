import { rowJson } from '@slipway/store'
import { listOf } from '../list-page.ts'
import { isoTime } from '../rendered.ts'

export const studyList = listOf({
  table: 'study',
  items: db =>
    db
      .selectFrom('study as s')
      .leftJoin('release as newest', 'newest.kf_id', 's.latest_release')
      .leftJoin('release as published', 'published.kf_id', 's.latest_published')
      .select(eb => [
        's.kf_id',
        's.created_at',
        's.position',
        rowJson([
          eb.ref('s.kf_id').as('kf_id'),
          eb.ref('s.name').as('name'),
          eb.ref('newest.version').as('version'),
          eb.ref('s.visible').as('visible'),
          eb.ref('published.version').as('last_pub_version'),
          isoTime(eb.ref('published.created_at')).as('last_pub_date'),
          eb.ref('s.deleted').as('deleted'),
          isoTime(eb.ref('s.created_at')).as('created_at'),
        ]).as('body'),
      ]),
})
