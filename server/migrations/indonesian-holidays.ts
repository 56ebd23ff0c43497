type Day = readonly [day: string, name: string]

/**
 * The days off in Indonesia as they are put in once, when the tables are made; afterwards they are edited through the
 * API and nothing here overwrites that.
 *
 * 2026: the joint decree on national holidays and joint leave of the Ministers of Religious Affairs, of Manpower and
 * of Administrative Reform, No. 1497/2025, 2/2025 and 5/2025: 17 holidays and 8 days of joint leave.
 */
const NATIONAL_2026: readonly Day[] = [
  ['2026-01-01', 'Tahun Baru 2026 Masehi'],
  ['2026-01-16', 'Isra Mikraj Nabi Muhammad SAW'],
  ['2026-02-17', 'Tahun Baru Imlek 2577 Kongzili'],
  ['2026-03-19', 'Hari Suci Nyepi, Tahun Baru Saka 1948'],
  ['2026-03-21', 'Idul Fitri 1447 Hijriah'],
  ['2026-03-22', 'Idul Fitri 1447 Hijriah'],
  ['2026-04-03', 'Wafat Yesus Kristus'],
  ['2026-04-05', 'Kebangkitan Yesus Kristus (Paskah)'],
  ['2026-05-01', 'Hari Buruh Internasional'],
  ['2026-05-14', 'Kenaikan Yesus Kristus'],
  ['2026-05-27', 'Idul Adha 1447 Hijriah'],
  ['2026-05-31', 'Hari Raya Waisak 2570 BE'],
  ['2026-06-01', 'Hari Lahir Pancasila'],
  ['2026-06-16', 'Tahun Baru Islam 1448 Hijriah'],
  ['2026-08-17', 'Proklamasi Kemerdekaan'],
  ['2026-08-25', 'Maulid Nabi Muhammad SAW'],
  ['2026-12-25', 'Kelahiran Yesus Kristus'],
]
const JOINT_LEAVE_2026: readonly Day[] = [
  ['2026-02-16', 'Cuti bersama Tahun Baru Imlek'],
  ['2026-03-18', 'Cuti bersama Hari Suci Nyepi'],
  ['2026-03-20', 'Cuti bersama Idul Fitri'],
  ['2026-03-23', 'Cuti bersama Idul Fitri'],
  ['2026-03-24', 'Cuti bersama Idul Fitri'],
  ['2026-05-15', 'Cuti bersama Kenaikan Yesus Kristus'],
  ['2026-05-28', 'Cuti bersama Idul Adha'],
  ['2026-12-24', 'Cuti bersama Kelahiran Yesus Kristus'],
]

/**
 * 2027: the joint decree of the three ministers for 2027, as the State Secretariat published it in September 2026
 * (setneg.go.id): 18 holidays, Isra Mikraj twice among them, and 8 days of joint leave. The days of Idul Fitri and
 * Idul Adha still wait for the sighting of the moon.
 */
const NATIONAL_2027: readonly Day[] = [
  ['2027-01-01', 'Tahun Baru 2027 Masehi'],
  ['2027-01-05', 'Isra Mikraj Nabi Muhammad SAW'],
  ['2027-02-06', 'Tahun Baru Imlek 2578 Kongzili'],
  ['2027-03-08', 'Hari Suci Nyepi, Tahun Baru Saka 1949'],
  ['2027-03-10', 'Idul Fitri 1448 Hijriah'],
  ['2027-03-11', 'Idul Fitri 1448 Hijriah'],
  ['2027-03-26', 'Wafat Yesus Kristus'],
  ['2027-03-28', 'Kebangkitan Yesus Kristus (Paskah)'],
  ['2027-05-01', 'Hari Buruh Internasional'],
  ['2027-05-06', 'Kenaikan Yesus Kristus'],
  ['2027-05-17', 'Idul Adha 1448 Hijriah'],
  ['2027-05-20', 'Hari Raya Waisak 2571 BE'],
  ['2027-06-01', 'Hari Lahir Pancasila'],
  ['2027-06-06', 'Tahun Baru Islam 1449 Hijriah'],
  ['2027-08-15', 'Maulid Nabi Muhammad SAW'],
  ['2027-08-17', 'Proklamasi Kemerdekaan'],
  ['2027-12-25', 'Kelahiran Yesus Kristus'],
  ['2027-12-26', 'Isra Mikraj Nabi Muhammad SAW'],
]
const JOINT_LEAVE_2027: readonly Day[] = [
  ['2027-02-05', 'Cuti bersama Tahun Baru Imlek'],
  ['2027-03-09', 'Cuti bersama Idul Fitri'],
  ['2027-03-12', 'Cuti bersama Idul Fitri'],
  ['2027-03-15', 'Cuti bersama Idul Fitri'],
  ['2027-03-25', 'Cuti bersama Wafat Yesus Kristus'],
  ['2027-05-18', 'Cuti bersama Idul Adha'],
  ['2027-05-19', 'Cuti bersama Hari Raya Waisak'],
  ['2027-12-24', 'Cuti bersama Kelahiran Yesus Kristus'],
]

export type Holiday = { readonly day: string; readonly name: string; readonly kind: string }

export const holidaysOf2027: readonly Holiday[] = [
  ...NATIONAL_2027.map(([day, name]) => ({ day, name, kind: 'national' })),
  ...JOINT_LEAVE_2027.map(([day, name]) => ({ day, name, kind: 'joint_leave' })),
]

export const indonesianHolidays: readonly Holiday[] = [
  ...NATIONAL_2026.map(([day, name]) => ({ day, name, kind: 'national' })),
  ...JOINT_LEAVE_2026.map(([day, name]) => ({ day, name, kind: 'joint_leave' })),
  ...holidaysOf2027,
]
