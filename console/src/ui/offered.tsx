/** A choice that comes from data, in its own direction: for `renderOption` of a field. */
export const offered = ({ option }: { option: { value: string } }) => <bdi>{option.value}</bdi>;
