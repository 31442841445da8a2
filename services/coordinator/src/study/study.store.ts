import { itemStatement, type ListSource } from '../list-page.ts'

const fields = `
  item.kf_id, item.name, newest.version, item.visible,
  published.version as last_pub_version, iso_time(published.created_at) as last_pub_date,
  item.deleted, iso_time(item.created_at) as created_at`

export const studyList: ListSource = {
  table: 'study',
  fields,
  joins: `
    left join release newest on newest.kf_id = item.latest_release
    left join release published on published.kf_id = item.latest_published`,
}

export const studyItem = itemStatement(studyList)
