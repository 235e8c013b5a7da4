SELECT * FROM SQL07/* ... */.sales.
-- x.y.z.a
dbo.t