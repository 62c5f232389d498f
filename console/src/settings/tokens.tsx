import { Button, Checkbox, Group, Modal, NumberInput, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, type Schema } from "@/api/client";
import { Code } from "@/ui/code";
import { Confirm } from "@/ui/confirm";
import { Section } from "@/ui/page";
import { Ask, Failed } from "@/ui/states";
import { type Column, Table } from "@/ui/table";
import { Ago, Text } from "@/ui/values";
import { useFormat, useWords } from "@/words";

type Token = Schema["TokenView"];
type Scope = Schema["Scope"];

const TOKENS = ["get", "/api/tokens"];
const SCOPES: readonly Scope[] = ["read", "profiles", "write", "admin"];

export function Tokens() {
  const words = useWords();
  const format = useFormat();
  const query = api.useQuery("get", "/api/tokens", {});
  const columns: readonly Column<Token>[] = [
    { id: "name", head: words.columns.name, by: (row) => row.name, cell: (row) => <Text value={row.name} /> },
    { id: "kind", head: words.columns.kind, fit: true, by: (row) => row.kind, cell: (row) => <span className="w-meta">{words.settings.kinds[row.kind] ?? row.kind}</span> },
    { id: "scopes", head: words.columns.scopes, roomy: true, text: (row) => row.scopes.join(" "), cell: (row) => format.list(row.scopes.map((each) => words.settings.scopes[each] ?? each)) },
    { id: "created", head: words.columns.created, fit: true, roomy: true, by: (row) => row.created_at, cell: (row) => <Ago at={row.created_at} /> },
    { id: "used", head: words.settings.used, fit: true, by: (row) => row.used_at, cell: (row) => (row.used_at ? <Ago at={row.used_at} /> : <span className="w-meta">{words.settings.unused}</span>) },
    { id: "expires", head: words.columns.expires, fit: true, by: (row) => row.expires_at, cell: (row) => (row.expires_at ? <Ago at={row.expires_at} /> : words.settings.never) },
    { id: "revoke", head: "", fit: true, cell: (row) => <Revoke token={row} /> },
  ];
  return (
    <Section title={words.settings.tokens} acts={<Add />}>
      <Ask query={query}>{(tokens) => <Table name="tokens" label={words.settings.tokens} rows={tokens} columns={columns} id={(row) => row.id} height={400} />}</Ask>
    </Section>
  );
}

function Revoke({ token }: { token: Token }) {
  const words = useWords();
  const queries = useQueryClient();
  const revoke = api.useMutation("delete", "/api/tokens/{token_id}", { onSuccess: () => queries.invalidateQueries({ queryKey: TOKENS }) });
  return (
    <Confirm
      danger act={words.settings.revoke} question={words.settings.revokeSure(token.name)} mutation={revoke}
      run={() => revoke.mutateAsync({ params: { path: { token_id: token.id } } })}
    />
  );
}

function Add() {
  const words = useWords();
  const queries = useQueryClient();
  const [opened, { open, close }] = useDisclosure(false);
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<string[]>(["read"]);
  const [days, setDays] = useState<number | string>(90);
  const make = api.useMutation("post", "/api/tokens", { onSuccess: () => queries.invalidateQueries({ queryKey: TOKENS }) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate({ body: { name, scopes: scopes as Scope[], ...(typeof days === "number" ? { days } : {}) } });
  };
  const shut = () => {
    close();
    make.reset();
    setName("");
  };
  return (
    <>
      <Button size="compact-sm" variant="default" onClick={open}>{words.settings.newToken}</Button>
      <Modal opened={opened} onClose={shut} title={words.settings.newToken} centered closeButtonProps={{ "aria-label": words.acts.close }}>
        {make.data ? (
          <div className="w-form">
            <p className="w-plain">{words.settings.tokenMade}</p>
            <Code text={make.data.secret} wrap label={words.settings.newToken} />
          </div>
        ) : (
          <form className="w-form" onSubmit={submit}>
            <TextInput data-autofocus required maxLength={200} label={words.settings.tokenName} value={name} onChange={(event) => setName(event.currentTarget.value)} />
            <Checkbox.Group label={words.settings.tokenScopes} value={scopes} onChange={setScopes}>
              <Group gap="md" mt={8}>
                {SCOPES.map((each) => <Checkbox key={each} value={each} label={words.settings.scopes[each] ?? each} />)}
              </Group>
            </Checkbox.Group>
            <NumberInput label={words.settings.tokenDays} value={days} onChange={setDays} min={1} max={3650} allowDecimal={false} />
            {make.error !== null && <Failed error={make.error} />}
            <Button type="submit" loading={make.isPending} disabled={scopes.length === 0}>{words.settings.makeToken}</Button>
          </form>
        )}
      </Modal>
    </>
  );
}
